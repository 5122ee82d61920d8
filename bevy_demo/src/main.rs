fn main() -> std::process::ExitCode {
    rallypoint_demo::main()
}
