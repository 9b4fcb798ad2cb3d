internal import SLSProtocol

/// Deletes a project with all that is in it: `DELETE /`.
///
/// Source: aliyun-log-python-sdk, logclient.py, `delete_project`.
struct DeleteProject: Endpoint {
    static let route = Route(.delete, "/")
    let projects: ProjectService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        try projects.delete(try request.project())
        return .empty
    }
}
