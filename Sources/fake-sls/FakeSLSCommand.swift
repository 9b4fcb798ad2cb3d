import ArgumentParser
import ConsoleLog
import System

/// Synchronous: an asynchronous `main` would cost a megabyte and four threads, for one signal.
@main
struct FakeSLSCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fake-sls",
        abstract: "Emulate Alibaba Cloud Simple Log Service (SLS) on this machine.",
        discussion: """
            Every option can be set as a variable too; the option wins. When every listener accepts, one JSON line goes to \
            stdout. Logs go to stderr. SIGTERM or SIGINT stops it; a second one does so at once. Pages of its own, with health, \
            metrics and the CA's certificate, stand below /_fake/, which lists them. Exit status: 0 stopped by one signal; 1 it \
            could not start, or a second signal came; 64 wrong options or variables.

            For example:  fake-sls --tls-port 10443 --data /var/lib/fake-sls
            """,
        version: "fake-sls 0.1.0")

    @OptionGroup var options: Options

    func run() throws {
        // A parent may have started us with signals blocked.
        SignalMask.clear()
        SignalMask.ignoreBrokenPipe()
        let settings: Settings
        do throws(Mistakes) {
            settings = try Settings(options, environment: Environment.all())
        } catch {
            for line in error.lines { StandardStream.error.write("fake-sls: \(line)\n") }
            StandardStream.error.write("fake-sls --help shows the options.\n")
            throw ExitCode(64)
        }
        ConsoleLogHandler.install(level: settings.logLevel)
        do {
            throw ExitCode(try Serve(settings: settings).run())
        } catch let code as ExitCode {
            throw code
        } catch {
            StandardStream.error.write("fake-sls: \(error)\n")
            throw ExitCode(1)
        }
    }
}
