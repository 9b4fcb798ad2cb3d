internal import SLSProtocol

/// Changes a project's description: `PUT /`.
///
/// Source: aliyun-log-go-sdk, client_project.go, `UpdateProject`.
struct UpdateProject: Endpoint {
    static let route = Route(.put, "/")
    let projects: ProjectService

    private struct Body: Decodable { let description: String? }

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let project = try request.project()
        let body = try request.json(Body.self)
        try projects.update(project, description: body.description ?? "", now: request.now)
        return .empty
    }
}
