public import EventHTTP
internal import Logging
internal import SLSProtocol
internal import SQLite

/// The emulator behind its HTTP server: requests in, answers out, one turn of the loop at a time.
///
/// All requests of a turn share one transaction, each that writes has a savepoint of its own, and the answers are given
/// out after the commit: none shows what could still be lost.
///
/// `@unchecked Sendable`: it is handed to the loop thread, which alone calls it, one turn after the other.
public final class Emulator: @unchecked Sendable {
    /// One request's answer, and what is counted of it.
    private struct Answered {
        let response: HTTPResponse
        let call: String
        let code: String

        var metadata: Logger.Metadata {
            ["api": "\(call)", "code": "\(code)", "request-id": "\(response.headers["x-log-requestid"] ?? "")"]
        }
    }

    private let store: Store
    private let live = LiveStateBox()
    let services: Services
    private let router: Router
    private let addressing: Addressing
    private let authenticator: Authenticator
    private let ownPages: OwnPages
    /// Faults on demand and the clock, from any thread.
    public let control: EmulatorControl
    /// Work that other threads left.
    let mailbox = LoopMailbox()
    let clock: ServerClock
    private let logger: Logger
    private let metrics = RequestMetrics()
    private let oddities: Oddities
    private var requestIDs = RequestIDs()
    /// False while the live state could not be read back after a lost transaction.
    private var isLoaded = false
    /// The second in which the upkeep was lost: it is tried again in another.
    private var upkeepLost: Timestamp?
    private let changes = ControlChanges()

    /// Opens the data, or makes it.
    ///
    /// - Throws: `EmulatorError` when the data cannot be opened or read.
    public init(_ configuration: EmulatorConfiguration, clock: ServerClock = .system) throws(EmulatorError) {
        let location = configuration.dataFolder.map { Database.Location.file($0 + "/fake-sls.sqlite") } ?? .memory
        store = try Store(location, pageLimit: configuration.storePageLimit, logger: configuration.logger)
        services = Services(
            store: store, live: live, limits: configuration.limits, region: configuration.region,
            rules: configuration.rules)
        router = Router(APITable.entries(services))
        control = EmulatorControl(calls: Set(router.entries.map(\.name)), commitHeld: configuration.commitHeld)
        self.clock = control.clock(over: clock)
        addressing = Addressing(baseDomains: configuration.baseDomains, domains: configuration.domains)
        authenticator = Authenticator(
            mode: configuration.authentication, secrets: configuration.accessKeys, logger: configuration.logger)
        let (metrics, live) = (metrics, live)
        let metricsText = configuration.metricsText.map { text in
            {
                metrics.show(live.state)
                return text()
            }
        }
        ownPages = OwnPages(
            metricsText: metricsText, certificate: configuration.authorityCertificate,
            services: services, clock: self.clock, control: configuration.servesControl ? control : nil,
            changes: changes)
        oddities = Oddities(logger: configuration.logger)
        logger = configuration.logger
        reload(self.clock.now)
        guard isLoaded else { throw EmulatorError("the data cannot be read; the log says why") }
        do throws(APIError) { try make(configuration.stores, self.clock.now) } catch {
            throw EmulatorError("what is to be made at start cannot be made: \(error.message)")
        }
    }

    /// Answers the requests that became complete in one turn of the loop; called about once a second without any.
    ///
    /// - Returns: What becomes of each request, in their order. All answers are 500 when the turn could not be committed.
    public func respond(to requests: [HTTPRequest]) -> [HTTPReply] {
        defer { mailbox.carryOut(on: self) }
        let now = clock.now
        keepUp(now)
        if requests.isEmpty && isLoaded {
            metrics.show(live.state)
            return []
        }
        var turn = Turn<Answered>(requestCount: requests.count)
        let rules = live.state.rules
        begin(&turn, now)
        var strikes: [FaultPlan.Strike?] = requests.map { _ in nil }
        while let index = turn.next { turn.record(outcome(of: requests[index], now, &strikes[index])) }
        if turn.mayCommit {
            for case .some(let strike) in strikes { control.hold(strike) }
            turn.ended(committed: commit())
        }
        let answers = turn.answers() ?? requests.map { _ in answer(Self.lostTurn, call: "unknown", now) }
        changes.turnEnded(committed: !turn.needsReload)
        if turn.needsReload {
            store.rollBack()
            live.state.rules = rules
            reload(now)
        }
        for answer in answers {
            metrics.count(call: answer.call, code: answer.code)
            logger.debug("answered", metadata: answer.metadata)
        }
        return zip(answers, strikes).map { answer, strike in HTTPReply(answer.response, struckBy: strike?.fault) }
    }

    /// The answer to what was no request, in the service's shape.
    public func violation(_ violation: HTTPViolation) -> HTTPResponse {
        let answer = answer(APIError(violation), call: "unknown", clock.now)
        metrics.count(call: answer.call, code: answer.code)
        return answer.response
    }

    /// Makes the projects and logstores that do not exist yet.
    private func make(_ projects: [InitialProject], _ now: Moment) throws(APIError) {
        guard !projects.isEmpty else { return }
        try store.begin()
        for project in projects {
            if try store.project(project.name) == nil {
                try services.projects.create(
                    project.name, description: project.description, resourceGroup: "", redundancy: "LRS", now: now)
            }
            for logstore in project.logstores {
                let wanted = LogstoreDescription(
                    logstoreName: logstore.name.value, ttl: logstore.ttlDays, shardCount: logstore.shardCount)
                do throws(APIError) {
                    try services.logstores.create(wanted, in: project.name, now: now)
                } catch  where error.code == .logStoreAlreadyExist {}
            }
        }
        try store.commit()
    }

    // MARK: The turn

    private static let lostTurn = APIError(.internalServerError, "the store could not keep what this turn wrote")

    private func begin(_ turn: inout Turn<Answered>, _ now: Moment) {
        guard isLoaded else {
            reload(now)
            // Also where that succeeded: these requests came while nothing could be known.
            return turn.transactionLost()
        }
        do { try store.begin() } catch { return turn.transactionLost() }
    }

    /// Lets time take its course before the turn: consumers fall silent, data expires. Each in a transaction of its own:
    /// where there is no room for it, everything that needs none goes on, and it is tried again in the next second.
    private func keepUp(_ now: Moment) {
        guard isLoaded, upkeepLost != now.wall.timestamp else { return }
        upkeepLost = nil
        do throws(APIError) {
            if services.groups.hasExpired(now: now) {
                try runAlone { () throws(APIError) in try services.groups.expire(now: now) }
            }
            guard services.retention.isDue(now: now) else { return }
            var isKept = false
            defer { services.retention.ended(committed: isKept) }
            try runAlone { () throws(APIError) in try services.retention.expire(now: now) }
            isKept = true
        } catch {
            logger.error("what expired could not be taken away", metadata: ["error": "\(error.message)"])
            store.makeRoom()
            upkeepLost = now.wall.timestamp
        }
    }

    /// - Parameter strike: The fault that strikes it, if one does.
    private func outcome(
        of request: HTTPRequest, _ now: Moment, _ strike: inout FaultPlan.Strike?
    ) -> Turn<Answered>.Outcome {
        let target = RequestTarget(request.target)
        let isOwn: Bool
        let match: Router.Match
        do throws(APIError) {
            if let page = try ownPages.match(method: request.method, target: target) {
                (match, isOwn) = (page, true)
            } else {
                if let preflight = Preflight.answer(request) {
                    return .answered(answer(preflight, call: OwnPages.call, now))
                }
                if !target.isTracking { try authenticator.verify(request, target: target, now: now.wall) }
                try authenticator.verifyBody(of: request)
                (match, isOwn) = (try router.match(method: request.method, target: target), false)
            }
        } catch {
            return .refused(answer(error, call: "unknown", now))
        }
        if !isOwn { oddities.note(request, target) }
        let routed = APIRequest(
            http: request, target: target,
            projectText: addressing.project(
                target: target, host: request.headers["Host"], projectHeader: request.headers["x-log-project"],
                bound: live.state.domains),
            pathValues: match.pathValues, now: now)
        // One that was put off has had its fault.
        if !isOwn, request.handOutCount == 0 { strike = control.strike(FaultSubject(routed, match.entry)) }
        return outcome(of: routed, match.entry, struckBy: strike?.fault)
    }

    private func outcome(
        of request: APIRequest, _ entry: Router.Entry, struckBy fault: Fault?
    ) -> Turn<Answered>.Outcome {
        switch fault {
        case .refuse(let error): return .refused(answer(error, call: entry.name, request.now))
        case .delayRequest, .dropRequest, .hang:
            // What it is answered nobody will see.
            let error = APIError(.requestTimeout, "the request never came, by a fault that was asked for")
            return .refused(answer(error, call: entry.name, request.now))
        case .repeatRequest:
            let first = outcome(of: request, entry)
            if case .transactionLost = first { return first }
            if case .transactionLost = outcome(of: request, entry) { return .transactionLost }
            return first
        case .delayAnswer, .dropAnswer, .holdCommit, nil: return outcome(of: request, entry)
        }
    }

    private func outcome(of request: APIRequest, _ entry: Router.Entry) -> Turn<Answered>.Outcome {
        func respond() throws(APIError) -> APIResponse {
            try services.quotas.charge(entry.name, entry.traffic, project: request.projectText, now: request.now)
            return try entry.respond(request)
        }
        let result: Savepoint<APIResponse>
        if entry.writes {
            result = inSavepoint(respond)
        } else {
            let before = live.state
            do throws(APIError) { result = .done(try respond()) } catch {
                live.state = before
                result = store.isInTransaction ? .undone(error) : .lost
            }
        }
        switch result {
        case .done(let response): return .answered(answer(response, call: entry.name, request.now))
        case .undone(let error): return .refused(answer(error, call: entry.name, request.now))
        case .lost: return .transactionLost
        }
    }

    private enum Savepoint<Value> {
        case done(Value)
        /// It threw, and whatever it did is undone, in memory too.
        case undone(APIError)
        /// SQLite ended the whole transaction.
        case lost
    }

    private func inSavepoint<Value>(_ body: () throws(APIError) -> Value) -> Savepoint<Value> {
        let before = live.state
        do throws(APIError) {
            try store.setSavepoint()
        } catch {
            return store.isInTransaction ? .undone(error) : .lost
        }
        do throws(APIError) {
            let value = try body()
            try store.releaseSavepoint()
            return .done(value)
        } catch {
            live.state = before
            guard store.isInTransaction else { return .lost }
            do throws(APIError) { try store.rollBackToSavepoint() } catch { return .lost }
            return .undone(error)
        }
    }

    private func commit() -> Bool {
        do { try store.commit() } catch {
            logger.error("a turn was not committed", metadata: ["error": "\(error)"])
            return false
        }
        return true
    }

    /// Runs something that changes the data in a transaction of its own, between two turns.
    func runAlone(_ body: () throws(APIError) -> Void) throws(APIError) {
        guard isLoaded else { throw Self.lostTurn }
        try store.begin()
        let result = inSavepoint(body)
        if case .undone(let error) = result {
            store.rollBack()
            throw error
        }
        if case .done = result, commit() { return }
        store.rollBack()
        reload(clock.now)
        throw Self.lostTurn
    }

    /// Reads what is kept in memory from the store; the rules are not in there, and stay. Where that fails, the next turn
    /// tries again.
    private func reload(_ now: Moment) {
        isLoaded = false
        let rules = live.state.rules
        live.state = LiveState()
        live.state.rules = rules
        do throws(APIError) {
            live.state.logstores = try services.logstores.load()
            live.state.groups = try services.groups.load(now: now)
            live.state.domains = try services.domains.load()
            isLoaded = true
        } catch {
            logger.error("the live state cannot be read from the store", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Requests and answers

    private func answer(_ response: APIResponse, call: String, _ now: Moment) -> Answered {
        Answered(response: finished(response, status: 200, now), call: call, code: "OK")
    }

    private func answer(_ error: APIError, call: String, _ now: Moment) -> Answered {
        let body = ErrorBody(errorCode: error.code.rawValue, errorMessage: error.message)
        // Two texts always make JSON; were it otherwise, the status alone would have to do.
        let response = (try? APIResponse.json(body)) ?? .empty
        return Answered(
            response: finished(response, status: error.status, now), call: call, code: error.code.rawValue)
    }

    private func finished(_ response: APIResponse, status: Int, _ now: Moment) -> HTTPResponse {
        var headers = HTTPHeaders()
        headers.append("Content-Type", response.contentType)
        headers.append("Server", "fake-sls")
        headers.append("Access-Control-Allow-Origin", "*")
        headers.append("x-log-requestid", requestIDs.make(at: now.wall.timestamp))
        headers.append("x-log-time", "\(now.wall.timestamp)")
        for (name, value) in response.headers { headers.append(name, value) }
        return HTTPResponse(status: status, headers: headers, body: response.body)
    }
}

/// Why an emulator cannot start.
public struct EmulatorError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A sentence for a person.
    public let description: String

    init(_ description: String) { self.description = description }
}
