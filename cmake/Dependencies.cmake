# What the system provides, and what `tools/fetch_native.py` put under third_party/ (pinned by version and digest).
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(GTest REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(CURL REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(POSTGRESQL REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(CJOSE REQUIRED IMPORTED_TARGET cjose)
pkg_check_modules(XMLSEC REQUIRED IMPORTED_TARGET xmlsec1-openssl)
pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(CRYPT REQUIRED IMPORTED_TARGET libcrypt)
# CRoaring's Debian package has no pkg-config file.
find_library(ROARING_LIBRARY roaring REQUIRED)
find_path(ROARING_INCLUDE roaring/roaring.h REQUIRED)
add_library(roaring UNKNOWN IMPORTED)
set_target_properties(roaring PROPERTIES IMPORTED_LOCATION ${ROARING_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${ROARING_INCLUDE})
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED)

get_filename_component(THIRD_PARTY ${CMAKE_CURRENT_LIST_DIR}/../third_party ABSOLUTE)
if(NOT EXISTS ${THIRD_PARTY}/duckdb/duckdb.h)
  message(FATAL_ERROR "third_party/duckdb is missing: run ./dev build, which fetches it")
endif()
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES
  IMPORTED_LOCATION ${THIRD_PARTY}/duckdb/libduckdb.so
  INTERFACE_INCLUDE_DIRECTORIES ${THIRD_PARTY}/duckdb)

# nanoarrow's configuration header is generated; its C is compiled optimised also for debugging (it is hot and not ours).
enable_language(C)
set(NANOARROW_VERSION_MAJOR 0)
set(NANOARROW_VERSION_MINOR 9)
set(NANOARROW_VERSION_PATCH 0)
set(NANOARROW_VERSION 0.9.0)
set(NANOARROW_NAMESPACE_DEFINE "")
set(NANOARROW_GENERATED ${CMAKE_BINARY_DIR}/nanoarrow)
configure_file(${THIRD_PARTY}/nanoarrow/src/nanoarrow/nanoarrow_config.h.in
  ${NANOARROW_GENERATED}/nanoarrow/nanoarrow_config.h @ONLY)
file(GLOB NANOARROW_SOURCES
  ${THIRD_PARTY}/nanoarrow/src/nanoarrow/common/array.c
  ${THIRD_PARTY}/nanoarrow/src/nanoarrow/common/array_stream.c
  ${THIRD_PARTY}/nanoarrow/src/nanoarrow/common/schema.c
  ${THIRD_PARTY}/nanoarrow/src/nanoarrow/common/utils.c
  ${THIRD_PARTY}/nanoarrow/src/nanoarrow/ipc/*.c
  ${THIRD_PARTY}/flatcc/src/runtime/*.c)
add_library(nanoarrow STATIC ${NANOARROW_SOURCES})
target_include_directories(nanoarrow SYSTEM PUBLIC
  ${THIRD_PARTY}/nanoarrow/src ${THIRD_PARTY}/flatcc/include ${NANOARROW_GENERATED})
target_compile_options(nanoarrow PRIVATE -w -O2 -fno-sanitize=all)
target_compile_definitions(nanoarrow PRIVATE NDEBUG)
