// Puts a log group and sees it arrive, with the generated OpenAPI SDK: npm install @alicloud/sls20201230 @alicloud/openapi-core
// Not run by this repository's tests.
//
//	HTTP_PROXY=http://127.0.0.1:10180 npx ts-node example.ts
import Client, * as sls from "@alicloud/sls20201230";
import { $OpenApiUtil } from "@alicloud/openapi-core";

async function main(): Promise<void> {
  const client = new Client(
    new $OpenApiUtil.Config({
      accessKeyId: "fake-id",
      accessKeySecret: "fake-secret",
      endpoint: "cn-hangzhou.log.aliyuncs.com",
      protocol: "http",
      regionId: "cn-hangzhou",
      signatureVersion: "v4",
      httpProxy: process.env.HTTP_PROXY,
    }),
  );
  await client.createProject(new sls.CreateProjectRequest({ projectName: "example", description: "made by the example" }));
  await client.createLogStore("example", new sls.CreateLogStoreRequest({ logstoreName: "openapi", ttl: 1, shardCount: 1 }));

  const end = async () =>
    (await client.getCursor("example", "openapi", "0", new sls.GetCursorRequest({ from: "end" }))).body?.cursor;
  const before = await end();
  const group = new sls.LogGroup({
    topic: "greetings",
    logItems: [
      new sls.LogItem({
        time: Math.floor(Date.now() / 1000),
        contents: [new sls.LogContent({ key: "message", value: "hello" })],
      }),
    ],
  });
  await client.putLogs("example", "openapi", new sls.PutLogsRequest({ body: group }));
  console.log((await end()) !== before ? "hello" : "nothing arrived");
}

main();
