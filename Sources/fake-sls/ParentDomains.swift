/// Reads domains directly below which projects stand.
enum ParentDomains {
    /// - Parameters:
    ///   - text: Domains, split by commas; none has a port.
    ///   - name: The option or variable to blame.
    static func parse(_ text: String, name: String) throws(Mistakes) -> [String] {
        var mistakes = Mistakes()
        let domains = text.split(separator: ",").map { $0.lowercased() }
        for domain in domains {
            let labels = domain.split(separator: ".", omittingEmptySubsequences: false)
            if !labels.allSatisfy({ !$0.isEmpty && isHostText($0) }) {
                mistakes.add("\(name) \(domain): expected a domain, such as sls.example.com")
            }
        }
        if !mistakes.isEmpty { throw mistakes }
        return domains
    }

    /// Letters, digits and hyphens: what a label of a host name holds, and a region.
    static func isHostText(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    }
}
