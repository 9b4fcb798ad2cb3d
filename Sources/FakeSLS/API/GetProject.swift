internal import SLSProtocol

/// Shows a project, or lists projects: `GET /` is ListProject where the host names no project, or where the query pages.
///
/// Source: aliyun-log-python-sdk, logclient.py, `get_project`; aliyun-log-go-sdk, client.go, `ListProject`.
struct GetProject: Endpoint {
    static let route = Route(.get, "/")
    let projects: ProjectService
    let list: ListProject

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let isPaged = request.query("offset") != nil || request.query("size") != nil
        guard request.projectText != nil, !isPaged else { return try list.respond(to: request) }
        return try .json(try projects.get(try request.project()))
    }
}
