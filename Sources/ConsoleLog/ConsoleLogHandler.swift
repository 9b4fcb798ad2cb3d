public import Logging
internal import System

/// Writes each log message as one line: time, level, message, then the metadata sorted by key.
///
/// ```
/// 2026-01-02T03:04:05.678Z notice  shard started logstore=app shard=3
/// ```
public struct ConsoleLogHandler: LogHandler {
    /// Shown with every message; one message's own metadata wins.
    public var metadata: Logger.Metadata = [:]
    /// Messages below it are dropped.
    public var logLevel: Logger.Level
    /// More metadata, asked for with every message.
    public var metadataProvider: Logger.MetadataProvider?

    private let isColored: Bool
    private let now: @Sendable () -> Int64
    private let write: @Sendable (String) -> Void

    /// Makes this the handler of every logger of the process, on stderr; colour only where that is a terminal.
    public static func install(level: Logger.Level) {
        let handler = ConsoleLogHandler(
            level: level, isColored: StandardStream.error.isTerminal, now: WallClock.nanoseconds,
            write: StandardStream.error.write)
        LoggingSystem.bootstrap(
            { _, provider in
                var handler = handler
                handler.metadataProvider = provider
                return handler
            }, metadataProvider: nil)
    }

    /// - Parameters:
    ///   - now: Wall time, nanoseconds since 1970.
    ///   - write: Takes one line with its line end.
    init(
        level: Logger.Level, isColored: Bool, now: @escaping @Sendable () -> Int64,
        write: @escaping @Sendable (String) -> Void
    ) {
        logLevel = level
        self.isColored = isColored
        self.now = now
        self.write = write
    }

    /// One value of `metadata`.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    public func log(event: LogEvent) {
        var all = metadata
        if let provider = metadataProvider { all.merge(provider.get()) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error { all["error"] = "\(error)" }
        let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.quoted($0.value.description))" }
        let level = event.level.rawValue
        let padding = String(repeating: " ", count: max(0, 8 - level.utf8.count))
        let shown = isColored ? "\u{1B}[\(Self.color(event.level))m\(level)\u{1B}[0m" : level
        write("\(timeText) \(shown)\(padding)\(Self.oneLine(event.message.description))\(pairs.joined())\n")
    }

    /// ISO 8601, UTC, milliseconds.
    private var timeText: String {
        let nanoseconds = now()
        let seconds = LocalTime.utcText(unixSeconds: Int(nanoseconds / 1_000_000_000)).dropLast()
        let milliseconds = String(nanoseconds / 1_000_000 % 1_000 + 1_000).dropFirst()
        return "\(seconds).\(milliseconds)Z"
    }

    /// As it is where it cannot be mistaken, else in quotes, so that one pair stays one pair and one message one line.
    private static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.unicodeScalars.allSatisfy { $0 > " " && $0 != "\"" && $0 != "\u{7F}" }
        if isPlain { return text }
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            default: oneLine(String(scalar))
            }
        }
        return "\"\(escaped.joined())\""
    }

    /// Control characters spelled out: what others send us must not forge a line or move a cursor.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return text.unicodeScalars.map { scalar in
            switch scalar {
            case "\n": "\\n"
            case "\r": "\\r"
            case "\t": "\\t"
            case _ where isControl(scalar): "\\u{\(String(scalar.value, radix: 16))}"
            default: String(scalar)
            }
        }.joined()
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar < " " || (0x7F...0x9F).contains(scalar.value) || (0x2028...0x2029).contains(scalar.value)
    }

    private static func color(_ level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "2"
        case .info: "36"
        case .notice: "32"
        case .warning: "33"
        case .error, .critical: "31"
        }
    }
}
