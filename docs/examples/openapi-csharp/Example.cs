// Puts a log group and sees it arrive, with the generated OpenAPI SDK: dotnet add package AlibabaCloud.SDK.Sls20201230
// Not run by this repository's tests.
//
//	HTTP_PROXY=http://127.0.0.1:10180 dotnet run
using System;
using System.Collections.Generic;
using AlibabaCloud.OpenApiClient.Models;
using AlibabaCloud.SDK.Sls20201230;
using AlibabaCloud.SDK.Sls20201230.Models;

var client = new Client(new Config
{
    AccessKeyId = "fake-id",
    AccessKeySecret = "fake-secret",
    Endpoint = "cn-hangzhou.log.aliyuncs.com",
    Protocol = "http",
    RegionId = "cn-hangzhou",
    HttpProxy = Environment.GetEnvironmentVariable("HTTP_PROXY"),
});

client.CreateProject(new CreateProjectRequest { ProjectName = "example", Description = "made by the example" });
client.CreateLogStore("example", new CreateLogStoreRequest { LogstoreName = "openapi", Ttl = 1, ShardCount = 1 });

string End() => client.GetCursor("example", "openapi", "0", new GetCursorRequest { From = "end" }).Body.Cursor;

var before = End();
var group = new LogGroup
{
    Topic = "greetings",
    LogItems = new List<LogItem>
    {
        new LogItem
        {
            Time = (int)DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            Contents = new List<LogContent> { new LogContent { Key = "message", Value = "hello" } },
        },
    },
};
client.PutLogs("example", "openapi", new PutLogsRequest { Body = group });
Console.WriteLine(End() != before ? "hello" : "nothing arrived");
