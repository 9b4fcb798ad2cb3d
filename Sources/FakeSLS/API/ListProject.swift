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
        let filter = ProjectFilter(
            name: request.query("projectName") ?? "", description: request.query("description") ?? "",
            resourceGroup: request.query("resourceGroupId").nonEmpty)
        return try .json(
            try projects.list(filter, page: try request.page(defaultSize: 100), showsQuota: showsQuota))
    }
}
