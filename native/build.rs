const BRIDGES: [&str; 5] = [
    "src/convert/bridge.rs",
    "src/crdt/bridge.rs",
    "src/dynamo/bridge.rs",
    "src/objects/bridge.rs",
    "src/parquet/bridge.rs",
];

fn main() {
    cxx_build::bridges(BRIDGES)
        .std("c++20")
        .compile("openbricks_native_bridge");
    for bridge in BRIDGES {
        println!("cargo:rerun-if-changed={bridge}");
    }
}
