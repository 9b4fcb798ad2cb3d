import Logging
import System
import Testing

@testable import ConsoleLog

@Suite struct ConsoleLogHandlerTests {
    private let lines = Lock<[String]>([])

    private func makeLogger(level: Logger.Level = .info, isColored: Bool = false) -> Logger {
        let lines = lines
        let handler = ConsoleLogHandler(
            level: level, isColored: isColored, now: { 1_700_000_000_007_000_000 },
            write: { line in lines.withLock { $0.append(line) } })
        return Logger(label: "test") { _ in handler }
    }

    private var written: [String] { lines.withLock { $0 } }

    @Test func `a line is time, level, message and metadata sorted by key`() {
        var logger = makeLogger()
        logger[metadataKey: "project"] = "app"
        logger.notice("shard started", metadata: ["shard": "3", "logstore": "web"])
        #expect(
            written == ["2023-11-14T22:13:20.007Z notice  shard started logstore=web project=app shard=3\n"])
    }

    @Test func `messages below the level are dropped`() {
        makeLogger(level: .warning).info("quiet")
        #expect(written == [])
    }

    @Test func `a message's own metadata wins over the logger's`() {
        var logger = makeLogger()
        logger[metadataKey: "shard"] = "1"
        logger.info("x", metadata: ["shard": "2"])
        #expect(written.first?.hasSuffix(" x shard=2\n") == true)
    }

    @Test(arguments: [
        ("a b", "\"a b\""), ("", "\"\""), ("say \"hi\"", "\"say \\\"hi\\\"\""), ("a\nb", "\"a\\nb\""), ("grün", "grün"),
        ("\u{1B}[31m", "\"\\u{1b}[31m\""),
    ])
    func `a value that could be mistaken is quoted and stays on its line`(value: String, shown: String) {
        makeLogger().info("x", metadata: ["k": "\(value)"])
        #expect(written.first?.hasSuffix(" k=\(shown)\n") == true)
    }

    @Test func `colour surrounds the level only`() {
        makeLogger(isColored: true).error("bad")
        #expect(written.first?.hasSuffix("Z \u{1B}[31merror\u{1B}[0m   bad\n") == true)
    }
}
