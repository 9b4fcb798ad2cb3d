import SLSClient

extension CurlTransport {
    /// One that goes to the server itself, whatever proxy the variables name.
    static func direct() throws -> CurlTransport {
        var configuration = Configuration()
        configuration.usesProxyVariables = false
        return try CurlTransport(configuration)
    }
}
