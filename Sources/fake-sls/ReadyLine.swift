/// What is said once every listener accepts: one JSON line, which scripts and tests wait for.
///
/// `{"event":"ready","http":"127.0.0.1:10180","https":"127.0.0.1:10443","ca":"<dir>/ca.pem","pid":123}`
struct ReadyLine: Equatable {
    /// Listeners as `address:port`, in the order of the hosts.
    var http: [String]
    /// The same for HTTPS; empty without `--tls-port`.
    var https: [String]
    /// The CA's certificate.
    var authorityPath: String
    var processID: Int32

    /// The line with its end. `listeners` is there when several hosts are, and then holds every listener as a URL.
    var text: String {
        var fields = [("event", Self.quoted("ready"))]
        if let first = http.first { fields.append(("http", Self.quoted(first))) }
        if let first = https.first { fields.append(("https", Self.quoted(first))) }
        if http.count > 1 || https.count > 1 {
            let all = http.map { "http://\($0)" } + https.map { "https://\($0)" }
            fields.append(("listeners", "[\(all.map(Self.quoted).joined(separator: ","))]"))
        }
        fields.append(("ca", Self.quoted(authorityPath)))
        fields.append(("pid", String(processID)))
        return "{\(fields.map { "\"\($0)\":\($1)" }.joined(separator: ","))}\n"
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case ..<" ": "\\u" + String(scalar.value + 0x10000, radix: 16).dropFirst()
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }
}
