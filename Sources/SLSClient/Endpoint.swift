/// Where the service is: `[scheme://]host[:port]`, without the project.
public struct Endpoint: Sendable, Hashable {
    /// How the service is spoken to.
    public enum Scheme: String, Sendable {
        /// Plain; the default.
        case http
        /// Over TLS.
        case https

        var defaultPort: Int { self == .http ? 80 : 443 }
    }

    enum HostKind: Hashable { case name, ipv4, ipv6 }

    /// `http` unless the text named `https`.
    public let scheme: Scheme
    /// A name in lower case, or an IP literal without brackets.
    public let host: String
    /// The port that was named; nil means 80 or 443.
    public let port: Int?
    let kind: HostKind

    /// Reads an endpoint as people write it: with or without scheme and port; slashes at its end are dropped.
    ///
    /// IP literals are understood, IPv6 in brackets (without a port also bare).
    ///
    /// - Throws: `EndpointError`, whose text names the part that is wrong.
    public init(parsing text: String) throws(EndpointError) {
        // What stands before an @ is a user's name and password, whatever else is wrong.
        func invalid(_ reason: String) -> EndpointError {
            EndpointError(text: text.contains("@") ? nil : text, reason: reason)
        }
        var rest = text.drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        if let mark = rest.firstRange(of: "://") {
            guard let scheme = Scheme(rawValue: rest[..<mark.lowerBound].lowercased()) else {
                throw invalid("the scheme must be http or https")
            }
            self.scheme = scheme
            rest = rest[mark.upperBound...]
        } else {
            scheme = .http
        }
        // Before anything is cut off: a password may hold what ends a host, and would be shown as what stands behind one.
        guard !rest.contains("@") else { throw invalid("user names and passwords do not belong here") }
        let behind = rest.drop { $0 != "/" && $0 != "?" && $0 != "#" }
        rest = rest[..<behind.startIndex]
        guard !rest.isEmpty else { throw invalid("there is no host name") }
        guard behind.allSatisfy({ $0 == "/" }) else {
            throw invalid("\"\(behind)\" does not belong here: write [scheme://]host[:port] alone")
        }
        let (hostText, portText) = Self.split(rest)
        if let portText {
            guard let port = Int(portText), portText.allSatisfy(\.isASCIIDigit), (1...65535).contains(port) else {
                throw invalid("the port \"\(portText)\" is not a number from 1 to 65535")
            }
            self.port = port
        } else {
            port = nil
        }
        host = hostText.lowercased()
        guard let kind = Self.kind(of: host, bracketed: rest.hasPrefix("[")) else {
            throw invalid("\"\(hostText)\" is neither a host name nor an IP address")
        }
        self.kind = kind
    }

    /// Splits at the colon before the port, if there is one; a bare IPv6 literal has none.
    private static func split(_ text: Substring) -> (host: Substring, port: Substring?) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let after = text[text.index(after: end)...]
            let host = text[text.index(after: text.startIndex)..<end]
            return (host, after.isEmpty ? nil : after.hasPrefix(":") ? after.dropFirst() : after)
        }
        let pieces = text.split(separator: ":", omittingEmptySubsequences: false)
        return pieces.count == 2 ? (pieces[0], pieces[1]) : (text, nil)
    }

    private static func kind(of host: String, bracketed: Bool) -> HostKind? {
        if bracketed || host.contains(":") { return isIPv6(host) ? .ipv6 : nil }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        if labels.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }) {
            return labels.count == 4 && labels.allSatisfy { UInt8($0) != nil } ? .ipv4 : nil
        }
        let isLabel = { (label: Substring) in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.allSatisfy { $0.isASCIIDigit || ("a"..."z").contains($0) || $0 == "-" || $0 == "_" }
        }
        return host.utf8.count <= 253 && labels.allSatisfy(isLabel) ? .name : nil
    }

    private static func isIPv6(_ text: String) -> Bool {
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return false }
        var groups = halves.flatMap { $0.isEmpty ? [] : $0.split(separator: ":", omittingEmptySubsequences: false) }
        var count = 0
        if let last = groups.last, last.contains(".") {
            guard kind(of: String(last), bracketed: false) == .ipv4 else { return false }
            groups.removeLast()
            count = 2
        }
        guard groups.allSatisfy({ (1...4).contains($0.utf8.count) && $0.allSatisfy(\.isASCIIHexDigit) }) else {
            return false
        }
        count += groups.count
        return halves.count == 2 ? count <= 7 : count == 8
    }
}

extension Endpoint: CustomStringConvertible {
    /// `https://cn-hangzhou.log.aliyuncs.com`; the port only where one was named.
    public var description: String { "\(scheme.rawValue)://\(authority(of: nil))" }

    /// Scheme and authority of a project's URLs; of the service's own without one.
    func base(project: String?) -> String { "\(scheme.rawValue)://\(authority(of: project))" }

    /// Where the connection must be sent, since no look-up could tell: for IP literals only.
    func connectTo(project: String?) -> String? {
        guard project != nil else { return nil }
        let port = port ?? scheme.defaultPort
        switch kind {
        case .name: return nil
        case .ipv4: return "\(host):\(port)"
        case .ipv6: return "[\(host)]:\(port)"
        }
    }

    private func authority(of project: String?) -> String {
        let suffix = port.map { ":\($0)" } ?? ""
        guard let project else { return (kind == .ipv6 ? "[\(host)]" : host) + suffix }
        // A label cannot stand before an IPv6 literal; the name is never looked up, it only carries the project.
        return "\(project).\(kind == .ipv6 ? "localhost" : host)\(suffix)"
    }
}

/// Why a text is no endpoint.
public struct EndpointError: Error, Hashable, CustomStringConvertible {
    /// The text as given; nil where it may hold a password.
    public let text: String?
    /// Which part is wrong, and how.
    public let reason: String

    /// `endpoint "x:y": the port "y" is not a number from 1 to 65535`.
    public var description: String { "endpoint\(text.map { " \($0.debugDescription)" } ?? ""): \(reason)" }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
    fileprivate var isASCIIHexDigit: Bool { isASCII && isHexDigit }
}
