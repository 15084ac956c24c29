# native: the Rust libraries of native/, built by cargo into .cache/native: once for all kinds of builds.
find_program(CARGO cargo HINTS $ENV{HOME}/.cargo/bin REQUIRED)
get_filename_component(RUST_PROGRAMS ${CARGO} DIRECTORY)
find_program(RUSTC rustc HINTS ${RUST_PROGRAMS} REQUIRED)
set(NATIVE_SOURCE ${CMAKE_SOURCE_DIR}/native)
set(NATIVE_TARGET ${CMAKE_SOURCE_DIR}/.cache/native)
set(NATIVE_LIBRARY ${NATIVE_TARGET}/release/libopenbricks_native.a)
set(NATIVE_INCLUDE ${NATIVE_TARGET}/cxxbridge)

file(GLOB_RECURSE NATIVE_SOURCES CONFIGURE_DEPENDS ${NATIVE_SOURCE}/src/*.rs)
# Rust's linker, and the compiler of the C in its packages: ours, as a bare machine has no `cc`.
execute_process(COMMAND ${RUSTC} -vV OUTPUT_VARIABLE RUSTC_VERSION COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCH "host: ([^\n]+)" RUST_HOST "${RUSTC_VERSION}")
set(RUST_HOST ${CMAKE_MATCH_1})
string(TOUPPER ${RUST_HOST} RUST_HOST_UPPER)
string(REPLACE "-" "_" RUST_HOST_UPPER ${RUST_HOST_UPPER})

set(NATIVE_CARGO ${CMAKE_COMMAND} -E env
  RUSTC=${RUSTC} CC=${CMAKE_C_COMPILER} CXX=${CMAKE_CXX_COMPILER}
  CARGO_TARGET_${RUST_HOST_UPPER}_LINKER=${CMAKE_C_COMPILER} ${CARGO})
set(NATIVE_FLAGS --release --locked --target-dir ${NATIVE_TARGET})

add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/native.stamp
  BYPRODUCTS ${NATIVE_LIBRARY}
  COMMAND ${NATIVE_CARGO} build ${NATIVE_FLAGS}
  COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/native.stamp
  DEPENDS ${NATIVE_SOURCES} ${NATIVE_SOURCE}/Cargo.toml ${NATIVE_SOURCE}/Cargo.lock ${NATIVE_SOURCE}/build.rs
  WORKING_DIRECTORY ${NATIVE_SOURCE}
  COMMENT "Building the Rust libraries (some minutes at first, then kept in .cache/native)"
  USES_TERMINAL VERBATIM)
add_custom_target(native_build DEPENDS ${CMAKE_BINARY_DIR}/native.stamp)

# Its tests in Rust, with the packages that the build compiled: same flags, same environment.
add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/native_tests.stamp
  COMMAND ${NATIVE_CARGO} test --lib --no-run ${NATIVE_FLAGS}
  COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/native_tests.stamp
  DEPENDS ${CMAKE_BINARY_DIR}/native.stamp
  WORKING_DIRECTORY ${NATIVE_SOURCE}
  COMMENT "Building the tests of the Rust libraries"
  USES_TERMINAL VERBATIM)
add_custom_target(native_tests ALL DEPENDS ${CMAKE_BINARY_DIR}/native_tests.stamp)
add_test(NAME native
  COMMAND python3 ${CMAKE_SOURCE_DIR}/tools/rust_tests.py native -- ${NATIVE_CARGO} test --lib ${NATIVE_FLAGS}
  WORKING_DIRECTORY ${NATIVE_SOURCE})
set_tests_properties(native PROPERTIES TIMEOUT 300)

file(MAKE_DIRECTORY ${NATIVE_INCLUDE})
add_library(native STATIC IMPORTED GLOBAL)
add_dependencies(native native_build)
set_target_properties(native PROPERTIES IMPORTED_LOCATION ${NATIVE_LIBRARY})
target_include_directories(native SYSTEM INTERFACE ${NATIVE_INCLUDE})
target_link_libraries(native INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)
