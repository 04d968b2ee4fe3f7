//! The program: hands the command line to `cli` and its exit code to the operating system.

fn main() -> std::process::ExitCode {
    portvagt::cli::run()
}
