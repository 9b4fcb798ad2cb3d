internal import SLSProtocol

/// The rules of a logstore's index: a document that is kept as it was given.
final class IndexService {
    private let store: Store
    private let logstores: LogstoreService

    init(store: Store, logstores: LogstoreService) {
        self.store = store
        self.logstores = logstores
    }

    /// - Parameter document: JSON, checked by the caller.
    func create(_ document: [UInt8], for logstore: LogstoreRef) throws(APIError) {
        let key = try logstores.find(logstore).key
        guard try store.index(ofLogstore: key) == nil else {
            throw APIError(.indexAlreadyExist, "log store index is already created")
        }
        try store.setIndex(document, ofLogstore: key)
    }

    /// - Parameter document: JSON, checked by the caller; takes the place of the one before as a whole.
    func update(_ document: [UInt8], for logstore: LogstoreRef) throws(APIError) {
        try store.setIndex(document, ofLogstore: try existing(logstore).key)
    }

    func get(_ logstore: LogstoreRef) throws(APIError) -> [UInt8] { try existing(logstore).document }

    func delete(_ logstore: LogstoreRef) throws(APIError) {
        try store.deleteIndex(ofLogstore: try existing(logstore).key)
    }

    private func existing(_ logstore: LogstoreRef) throws(APIError) -> (key: Int64, document: [UInt8]) {
        let key = try logstores.find(logstore).key
        guard let document = try store.index(ofLogstore: key) else {
            throw APIError(.indexConfigNotExist, "logstore without index config")
        }
        return (key, document)
    }
}
