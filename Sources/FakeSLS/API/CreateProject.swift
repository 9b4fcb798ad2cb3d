internal import SLSProtocol

/// Creates a project: `POST /`. The name is taken from the body, whatever the host says.
///
/// Source: aliyun-log-python-sdk, logclient.py, `create_project`; the OpenAPI SDK sends it to the bare endpoint.
struct CreateProject: Endpoint {
    static let route = Route(.post, "/")
    let projects: ProjectService

    private struct Body: Decodable {
        let projectName: String
        let description: String?
        let resourceGroupId: String?
        let dataRedundancyType: String?
    }

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let body = try request.json(Body.self)
        try projects.create(
            try ProjectName(body.projectName), description: body.description ?? "",
            resourceGroup: body.resourceGroupId ?? "", redundancy: body.dataRedundancyType.nonEmpty ?? "LRS",
            now: request.now)
        return .empty
    }
}
