internal import SLSProtocol

/// Finds the call that a request is meant for, in one table.
struct Router {
    /// A line of the table.
    struct Entry {
        /// The call's name, as in the API reference.
        let name: String
        let route: Route
        let writes: Bool
        var traffic = Traffic.control
        let respond: (APIRequest) throws(APIError) -> APIResponse
    }

    /// What a request turned out to be.
    struct Match {
        let entry: Entry
        let pathValues: [String: String]
    }

    private struct Candidate {
        let entry: Int
        let path: Route.Path
    }

    let entries: [Entry]
    /// Every path of every entry, those first that win where several match.
    private let candidates: [Candidate]

    init(_ entries: [Entry]) {
        self.entries = entries
        func rank(_ candidate: Candidate) -> (Int, Int, Int) {
            (-candidate.path.literalCount, -entries[candidate.entry].route.query.count, candidate.entry)
        }
        candidates = entries.indices.flatMap { index in
            entries[index].route.paths.map { Candidate(entry: index, path: $0) }
        }.sorted { rank($0) < rank($1) }
    }

    /// - Throws: 405 `InvalidMethod` for a known path with another method, `MissingParameter` or `ParameterInvalid` where
    ///   the parameter that decides between calls is absent or unknown, 404 for an unknown path.
    func match(method: String, target: RequestTarget) throws(APIError) -> Match {
        // The service's answer to an empty group name, seen in an issue of the Go SDK.
        if target.hasTrailingSlash, target.segments.last == "consumergroups" { throw .invalidMethod(method) }
        var isKnownPath = false
        var undecided: Route?
        for candidate in candidates {
            guard let pathValues = candidate.path.match(target.segments) else { continue }
            let entry = entries[candidate.entry]
            isKnownPath = true
            guard entry.route.method.rawValue == method else { continue }
            if entry.route.accepts(target) { return Match(entry: entry, pathValues: pathValues) }
            undecided = undecided ?? entry.route
        }
        if let undecided, let name = undecided.query.keys.min() {
            guard let value = target.value(name) else {
                throw APIError(.missingParameter, "the parameter \(name) is missing")
            }
            throw .parameterInvalid("the parameter \(name) is invalid: \"\(value.prefix(40))\"")
        }
        if isKnownPath { throw .invalidMethod(method) }
        throw APIError(.notFound, "no API call has the path \(target.path.prefix(200))")
    }
}

extension APIError {
    /// The path is known, the verb is not one of its verbs.
    fileprivate static func invalidMethod(_ method: String) -> APIError {
        APIError(.invalidMethod, "invalid request method : \(method.prefix(20))")
    }
}
