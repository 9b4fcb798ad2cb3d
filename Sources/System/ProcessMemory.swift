/// How much memory this process holds.
public struct ProcessMemory: Equatable, Sendable {
    /// All resident pages, those of shared libraries and files included (VmRSS).
    public let residentByteCount: Int
    /// Resident pages that are private to the process (RssAnon).
    public let privateByteCount: Int

    /// Reads the figures of this process, or of another one of the same user.
    ///
    /// - Throws: `SystemError` if the process is gone or the kernel does not tell.
    public static func current(ofProcess pid: Int32? = nil) throws(SystemError) -> ProcessMemory {
        let path = "/proc/\(pid.map(String.init) ?? "self")/status"
        let bytes = try Files.read(path, limit: 1 << 16)
        guard let memory = ProcessMemory(statusText: String(decoding: bytes, as: UTF8.self)) else {
            throw SystemError(call: "parse", subject: path, code: 22)
        }
        return memory
    }

    /// Finds the two lines in the text of `/proc/<pid>/status`; nil if one is missing (kernel threads have none).
    init?(statusText: String) {
        var found: [Substring: Int] = [:]
        for line in statusText.split(separator: "\n") {
            let parts = line.split(whereSeparator: { $0 == ":" || $0 == "\t" || $0 == " " })
            guard parts.count == 3, parts[2] == "kB", let kibibytes = Int(parts[1]) else { continue }
            found[parts[0]] = kibibytes * 1024
        }
        guard let resident = found["VmRSS"], let anonymous = found["RssAnon"] else { return nil }
        residentByteCount = resident
        privateByteCount = anonymous
    }
}
