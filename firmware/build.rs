//! Hands the image's memory map to the linker. Does nothing for the library.

use std::path::PathBuf;
use std::{env, fs};

/// The RAM of `rtl/dm_sim_soc.sv`.
const MEMORY: &str = "\
MEMORY
{
  RAM : ORIGIN = 0x10000000, LENGTH = 128K
}
REGION_ALIAS(\"REGION_TEXT\", RAM);
REGION_ALIAS(\"REGION_RODATA\", RAM);
REGION_ALIAS(\"REGION_DATA\", RAM);
REGION_ALIAS(\"REGION_BSS\", RAM);
REGION_ALIAS(\"REGION_HEAP\", RAM);
REGION_ALIAS(\"REGION_STACK\", RAM);
";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let image = env::var_os("CARGO_FEATURE_IMAGE").is_some();
    if !image || env::var("CARGO_CFG_TARGET_ARCH").as_deref() != Ok("riscv32") {
        return;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("memory.x"), MEMORY).expect("OUT_DIR can be written to");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bin=hyperkernel=-Tmemory.x");
    println!("cargo:rustc-link-arg-bin=hyperkernel=-Tlink.x");
}
