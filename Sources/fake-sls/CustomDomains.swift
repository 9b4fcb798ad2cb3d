import SLSProtocol

/// Reads pairs of host name and project: what stands for a project without being named after it.
enum CustomDomains {
    /// - Parameters:
    ///   - text: Pairs `host=project`, split by commas; a host has no port.
    ///   - name: The option or variable to blame.
    static func parse(_ text: String, name: String) throws(Mistakes) -> [String: ProjectName] {
        var domains: [String: ProjectName] = [:]
        var mistakes = Mistakes()
        for pair in text.split(separator: ",") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
            guard halves.count == 2, !halves[0].isEmpty, !halves[0].contains(":") else {
                mistakes.add("\(name) \(pair): expected host=project")
                continue
            }
            do throws(APIError) {
                let project = try ProjectName(halves[1])
                if domains.updateValue(project, forKey: halves[0].lowercased()) != nil {
                    mistakes.add("\(name) \(pair): the host is there twice")
                }
            } catch {
                mistakes.add("\(name) \(pair): \(error.message)")
            }
        }
        if !mistakes.isEmpty { throw mistakes }
        return domains
    }
}
