/// An HTTP answer as it came: header names keep their spelling.
struct RawAnswer: Sendable {
    let status: Int
    let headers: [(name: String, value: String)]
    var body: [UInt8]

    /// The value of a header with exactly this spelling.
    subscript(name: String) -> String? { headers.first { $0.name == name }?.value }

    /// Reads a head: status line, headers, the empty line.
    init?(head: ArraySlice<UInt8>) {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n").map(String.init)
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else { return nil }
        self.status = status
        headers = lines.dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        body = []
    }
}
