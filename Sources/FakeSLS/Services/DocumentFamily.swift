internal import SLSProtocol

/// A kind of document that the service manages and the emulator only keeps: create, get, list, update, delete.
///
/// Source: protocol.md 6.7; the paths and members that the official SDKs use.
struct DocumentFamily: Sendable {
    /// What a document belongs to, and goes away with.
    enum Scope: Sendable {
        case account
        case project
        case logstore
    }

    /// A member of the list's answer.
    enum Listing: Sendable {
        /// The names alone, under this key.
        case names(String)
        /// The documents, under this key.
        case documents(String)
    }

    /// A parameter that leaves documents out of a list; "" leaves out none.
    struct Filter: Sendable {
        let parameter: String
        /// Where in the document the value stands.
        let path: [String]
        /// Whether a part of the value is enough.
        var takesPart = false
    }

    /// The calls are `Create<noun>`, `Get<noun>`, `List<noun>`, `Update<noun>`, `Delete<noun>`.
    let noun: String
    /// Such as `/machinegroups`; `/{name}` follows for one document.
    let path: String
    /// The member of the document that holds its name.
    let nameKey: String
    let listings: [Listing]
    /// What the codes `…AlreadyExist` and `…NotExist` begin with.
    let codeStem: String
    var scope = Scope.project
    /// Families of one storage see each other's documents; nil for a storage of its own.
    var storage: String?
    /// The member `type` that documents of this path have, where several paths share a storage.
    var type: String?
    var filters: [Filter] = []
    /// Whether `PUT` makes a document that is not there.
    var putCreates = false
    /// The refusal of a body that is no document: machine groups and configs have one of their own.
    var invalid = APIError.Code.parameterInvalid
    /// How many a project may have; nil for what has no published figure.
    var quota: Limits.Name?

    /// The family's name in the store.
    var stored: String { storage ?? path }

    /// The code of a name that is taken. Python's `copy_dashboard` knows a dashboard that is there by `ParameterInvalid`.
    var alreadyExist: APIError.Code {
        switch codeStem {
        case "Cname": "CnameAlreadyExists"
        case "Dashboard": .parameterInvalid
        default: APIError.Code(rawValue: codeStem + "AlreadyExist")
        }
    }

    /// No document of that name: 404, but for shippers 400.
    func notExist(_ name: String) -> APIError {
        let code = codeStem == "Cname" ? "NoSuchCname" : APIError.Code(rawValue: codeStem + "NotExist")
        return APIError(code, "\(noun) \(name.prefix(200)) does not exist", status: codeStem == "Shipper" ? 400 : 404)
    }
}

extension DocumentFamily {
    /// A job's path of its own; all kinds are also to be had under `/jobs`.
    private static func job(
        _ noun: String, _ path: String, type: String, codeStem: String = "Job", quota: Limits.Name? = nil
    ) -> DocumentFamily {
        DocumentFamily(
            noun: noun, path: path, nameKey: "name", listings: [.documents("results")], codeStem: codeStem,
            storage: "/jobs", type: type, filters: jobFilters, quota: quota)
    }

    private static let jobFilters = [
        Filter(parameter: "jobType", path: ["type"]), Filter(parameter: "jobName", path: ["name"], takesPart: true),
        Filter(parameter: "logstore", path: ["configuration", "logstore"]),
    ]

    static let machineGroups = DocumentFamily(
        noun: "MachineGroup", path: "/machinegroups", nameKey: "groupName", listings: [.names("machinegroups")],
        codeStem: "MachineGroup",
        filters: [Filter(parameter: "groupName", path: ["groupName"], takesPart: true)], invalid: .invalidParameter,
        quota: .machineGroupsPerProject)

    static let configs = DocumentFamily(
        noun: "Config", path: "/configs", nameKey: "configName", listings: [.names("configs")], codeStem: "Config",
        filters: [
            Filter(parameter: "configName", path: ["configName"], takesPart: true),
            Filter(parameter: "logstoreName", path: ["outputDetail", "logstoreName"]),
        ], invalid: .invalidParameter, quota: .configsPerProject)

    static let domains = DocumentFamily(
        noun: "Domain", path: "/domains", nameKey: "domainName", listings: [.documents("domains")], codeStem: "Cname",
        filters: [Filter(parameter: "domainName", path: ["domainName"], takesPart: true)])

    /// All families, in the order of the compatibility page.
    static let all = [
        machineGroups, configs,
        DocumentFamily(
            noun: "LogtailPipelineConfig", path: "/pipelineconfigs", nameKey: "configName",
            listings: [.names("configs")], codeStem: "Config",
            filters: [Filter(parameter: "configName", path: ["configName"], takesPart: true)],
            quota: .configsPerProject),
        DocumentFamily(
            noun: "SavedSearch", path: "/savedsearches", nameKey: "savedsearchName",
            listings: [.names("savedsearches"), .documents("savedsearchItems")], codeStem: "SavedSearch",
            quota: .savedSearchesPerProject),
        DocumentFamily(
            noun: "Dashboard", path: "/dashboards", nameKey: "dashboardName",
            listings: [.names("dashboards"), .documents("dashboardItems")], codeStem: "Dashboard",
            quota: .dashboardsPerProject),
        DocumentFamily(
            noun: "Job", path: "/jobs", nameKey: "name", listings: [.documents("results")], codeStem: "Job",
            filters: jobFilters),
        job("Alert", "/alerts", type: "Alert", quota: .alertsPerProject),
        job("ETL", "/etls", type: "ETL"),
        job("ScheduledSQL", "/scheduledsqls", type: "ScheduledSQL"),
        job("OSSExport", "/ossexports", type: "Export"),
        job("OSSHDFSExport", "/osshdfsexports", type: "Export"),
        job("MaxComputeExport", "/maxcomputeexports", type: "Export"),
        job("OSSIngestion", "/ossingestions", type: "Ingestion"),
        job("S3Ingestion", "/s3ingestions", type: "Ingestion"),
        job("AzureBlobIngestion", "/azureblobingestions", type: "Ingestion"),
        job("ElasticsearchIngestion", "/elasticsearchingestions", type: "Ingestion"),
        job("GCSIngestion", "/gcsingestions", type: "Ingestion"),
        DocumentFamily(
            noun: "ExternalStore", path: "/externalstores", nameKey: "externalStoreName",
            listings: [.names("externalstores")], codeStem: "ExternalStore",
            filters: [Filter(parameter: "externalStoreName", path: ["externalStoreName"], takesPart: true)]),
        DocumentFamily(
            noun: "StoreView", path: "/storeviews", nameKey: "name", listings: [.names("storeviews")],
            codeStem: "StoreView",
            filters: [
                Filter(parameter: "name", path: ["name"], takesPart: true),
                Filter(parameter: "storeType", path: ["storeType"]),
            ]),
        DocumentFamily(
            noun: "IngestProcessor", path: "/ingestprocessors", nameKey: "processorName",
            listings: [.documents("processors")], codeStem: "Processor", putCreates: true),
        DocumentFamily(
            noun: "ConsumeProcessor", path: "/consumeprocessors", nameKey: "processorName",
            listings: [.documents("processors")], codeStem: "Processor", putCreates: true),
        DocumentFamily(
            noun: "MaterializedView", path: "/materializedviews", nameKey: "name",
            listings: [.names("materializedViews")], codeStem: "MaterializedView"),
        DocumentFamily(
            noun: "Resource", path: "/resources", nameKey: "name", listings: [.documents("items")],
            codeStem: "Resource", scope: .account, filters: [Filter(parameter: "type", path: ["type"])]),
        domains,
        DocumentFamily(
            noun: "SubStore", path: "/logstores/{logstore}/substores", nameKey: "name",
            listings: [.names("substores")], codeStem: "SubStore", scope: .logstore),
        DocumentFamily(
            noun: "Shipper", path: "/logstores/{logstore}/shipper", nameKey: "shipperName",
            listings: [.names("shipper")], codeStem: "Shipper", scope: .logstore),
    ]
}
