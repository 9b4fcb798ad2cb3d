internal import SLSProtocol

/// Lists projects by name: `GET /?offset=0&size=100` on any host; without `offset` the request reaches `GetProject`, which
/// hands it over.
///
/// Source: aliyun-log-python-sdk, logclient.py, `list_project`.
struct ListProject: Endpoint {
    static let route = Route(.get, "/", query: ["offset": "*"])
    let projects: ProjectService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let showsQuota = request.query("fetchQuota")?.lowercased() == "true"
        return try .json(
            try projects.list(
                containing: request.query("projectName") ?? "", page: try request.page(defaultSize: 100),
                showsQuota: showsQuota))
    }
}
