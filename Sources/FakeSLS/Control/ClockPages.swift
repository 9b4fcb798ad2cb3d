internal import EventHTTP
internal import SLSProtocol

/// `/_fake/clock`: lets time pass at once.
struct ClockPages {
    let control: EmulatorControl
    let clock: ServerClock
    let changes: ControlChanges

    private struct Shown: Encodable {
        /// The time of day, in seconds since 1970.
        let unixSeconds: Double
        /// How far both clocks were advanced.
        let advancedSeconds: Double
        /// How far the time of day was set forwards, or back, besides.
        let wallJumpedSeconds: Double
    }

    func show() throws(APIError) -> APIResponse {
        let offset = control.clockOffset
        return try .json(
            Shown(
                unixSeconds: Double(clock.wall().nanoseconds) / 1e9, advancedSeconds: Double(offset.monotonic) / 1e9,
                wallJumpedSeconds: Double(offset.wall - offset.monotonic) / 1e9))
    }

    /// `{"advanceSeconds":90}` for both clocks, `{"jumpWallSeconds":-3600}` for the time of day alone.
    func move(_ bytes: [UInt8]) throws(APIError) -> APIResponse {
        let body = try ControlBody(bytes, known: ["advanceSeconds", "jumpWallSeconds"])
        let advance = try body.number("advanceSeconds", in: 0...EmulatorControl.clockRange.inSeconds)
        let jump = try body.number(
            "jumpWallSeconds", in: -EmulatorControl.clockRange.inSeconds...EmulatorControl.clockRange.inSeconds)
        if advance == nil, jump == nil {
            throw .parameterInvalid("\"advanceSeconds\" or \"jumpWallSeconds\": expected a number")
        }
        let before = control.clockOffset
        try control.moveClock(advance: .seconds(advance ?? 0), wallJump: .seconds(jump ?? 0))
        changes.note { [control] in control.clockOffset = before }
        return try show()
    }
}

/// `POST /_fake/consumers/expire`: takes a consumer for silent, as if its timeout had run out this moment.
struct ExpirePage {
    let groups: ConsumerGroupService

    func respond(to request: APIRequest) throws(APIError) -> APIResponse {
        let body = try ControlBody(request.http.body, known: ["project", "logstore", "consumerGroup", "consumer"])
        let logstore = LogstoreRef(
            project: try ProjectName(try body.required("project")),
            name: try LogstoreName(try body.required("logstore")))
        try groups.expire(
            try ConsumerName(try body.required("consumer")),
            of: try ConsumerGroupName(try body.required("consumerGroup")), in: logstore, now: request.now)
        return .empty
    }
}
