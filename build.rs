//! Before compiling: the files that pages load must have been built, for they are embedded in the program.
//!
//! Nothing is built or fetched here; a compiler run that starts downloads surprises everybody.

#![allow(clippy::print_stdout, reason = "a build script speaks to cargo by printing")]

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=static/dist");
    if !Path::new("static/dist/manifest.json").is_file() {
        // Cargo fails the build with this text.
        println!("cargo::error=static/dist is missing: run `./dev build`, or by hand `cd static && npm ci && node build.mjs`");
    }
}
