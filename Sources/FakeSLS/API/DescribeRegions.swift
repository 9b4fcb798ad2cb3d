internal import SLSProtocol

/// Lists the regions, of which there is one here: `GET /regions`, on any host.
///
/// Source: alibabacloud_sls20201230, `describe_regions`; page "Endpoints" for the forms of the endpoints.
struct DescribeRegions: Endpoint {
    static let route = Route(.get, "/regions")
    let projects: ProjectService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let region = projects.region
        let inside = "\(region)-intranet.log.aliyuncs.com"
        return try .json(
            Answer(regions: [
                Answer.Region(
                    region: region, localName: region, internetEndpoint: "\(region).log.aliyuncs.com",
                    intranetEndpoint: inside, internalEndpoint: inside, dataRedundancyType: ["LRS"])
            ]))
    }

    private struct Answer: Encodable {
        struct Region: Encodable {
            let region: String
            let localName: String
            let internetEndpoint: String
            let intranetEndpoint: String
            let internalEndpoint: String
            let dataRedundancyType: [String]
        }

        let regions: [Region]
    }
}
