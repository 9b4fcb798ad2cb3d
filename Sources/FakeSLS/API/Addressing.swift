internal import SLSProtocol

/// Which project a request is meant for: the host name decides in most cases.
///
/// Source: page "Endpoints"; the order of the rules is ours where the service and its SDKs leave it open.
struct Addressing: Sendable {
    /// Domains below which the first label is a region: `demo.cn-hangzhou.log.aliyuncs.com`.
    private static let regionalDomains = ["log.aliyuncs.com", "sls.aliyuncs.com"]
    /// Domains directly below which projects stand.
    private static let plainDomains = ["log-global.aliyuncs.com", "localhost"]

    /// Further domains directly below which projects stand, lower-case.
    let baseDomains: [String]

    /// Hosts that stand for one project each, lower-case: custom domains, and what Java's CNAME mode sends.
    let domains: [String: String]

    init(baseDomains: [String] = [], domains: [String: ProjectName] = [:]) {
        self.baseDomains = baseDomains.map { $0.lowercased() }
        // unordered: a dictionary becomes a dictionary.
        self.domains = Dictionary(
            domains.map { ($0.key.lowercased(), $0.value.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// The text in the project's place, not yet checked; nil when the request names none.
    ///
    /// - Parameters:
    ///   - target: Its authority, where it has one, counts before the `Host` header.
    ///   - host: The `Host` header as received.
    ///   - projectHeader: `x-log-project`, which loongcollector sends.
    ///   - bound: Projects by the domains that `/domains` bound, lower-case; those set at start count before them.
    func project(
        target: RequestTarget, host: String?, projectHeader: String?, bound: [String: String] = [:]
    ) -> String? {
        if let projectHeader, !projectHeader.isEmpty { return projectHeader }
        if target.segments.first == "prometheus", target.segments.count >= 2 { return target.segments[1] }
        guard let host = (target.authority ?? host).map({ Self.name(of: $0.lowercased()) }) else { return nil }
        return domains[host] ?? bound[host] ?? project(ofHost: host)
    }

    private func project(ofHost host: String) -> String? {
        guard !host.isEmpty, !host.hasPrefix("["), host.contains("."), !Self.isIPv4(host) else { return nil }
        if let project = Self.label(of: host, beforeAddress: 4) { return project }
        for domain in baseDomains + Self.plainDomains {
            if host == domain { return nil }
            if host.hasSuffix("." + domain) { return String(host.dropLast(domain.count + 1)) }
        }
        for domain in Self.regionalDomains where host == domain || host.hasSuffix("." + domain) {
            // What is left is `<region>` or `<project>.<region>`.
            let labels = host.dropLast(domain.count).split(separator: ".")
            return labels.count < 2 ? nil : labels.dropLast().joined(separator: ".")
        }
        return host.split(separator: ".").first.map { String($0) }
    }

    /// What stands before an IPv4 address of that many labels at the host's end.
    private static func label(of host: String, beforeAddress count: Int) -> String? {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > count, isIPv4(labels.suffix(count).joined(separator: ".")) else { return nil }
        return labels.dropLast(count).joined(separator: ".")
    }

    private static func isIPv4(_ host: String) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count == 4 && labels.allSatisfy { (1...3).contains($0.utf8.count) && UInt8($0) != nil }
    }

    /// The host's name alone: without its port, and without the dot at the end that marks it as a full one.
    private static func name(of authority: String) -> String {
        var host = Substring(authority)
        if let colon = host.lastIndex(of: ":"), host[colon...].dropFirst().allSatisfy(\.isNumber) {
            host = host[..<colon]
        }
        return String(host.hasSuffix(".") ? host.dropLast() : host)
    }
}
