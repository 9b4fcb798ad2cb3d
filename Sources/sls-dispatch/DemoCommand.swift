import ArgumentParser

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run the main job on this machine: an emulator, sample logs, two dispatchers, one of them killed.")

    func run() async throws {}
}
