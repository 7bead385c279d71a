/**
 * What the chatbot is told about the chat, and what it may do for it: keep
 * conversations in one table, and ask one model.
 */

import { aws_dynamodb as dynamodb, aws_iam as iam, aws_kms as kms, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { accept } from './constructs/accepted';
import type { PrebuiltFunction } from './constructs/prebuilt-function';
import { throughServices } from './constructs/shared-secret';
import type { Parameters } from './parameters';

/** The settings of a chatbot that answers in one piece (`buffered`) or in parts (`stream`). */
export function chatEnvironment(
  parameters: Parameters,
  table: dynamodb.ITable,
  responseMode: 'buffered' | 'stream',
): { [name: string]: string } {
  const { chatModel, chatSystemPrompt, issuerUrl } = parameters;
  return {
    CHAT_BACKEND: parameters.chatBackend,
    ...(chatModel && { CHAT_MODEL: chatModel }),
    ...(chatSystemPrompt && { CHAT_SYSTEM_PROMPT: chatSystemPrompt }),
    CHAT_MAX_TOKENS: String(parameters.chatMaxTokens),
    CHAT_HISTORY_TOKENS: String(parameters.chatHistoryTokens),
    CHAT_REQUESTS_PER_MINUTE: String(parameters.chatRequestsPerMinute),
    CHAT_TOKENS_PER_DAY: String(parameters.chatTokensPerDay),
    CHAT_RETENTION_DAYS: String(parameters.chatRetentionDays),
    CHAT_TABLE: table.tableName,
    CHAT_RESPONSE_MODE: responseMode,
    // An HTTP API says on every answer itself which pages may read it.
    ...(parameters.frontDoor !== 'http' && { CHAT_CORS_ALLOW_ORIGIN: parameters.corsAllowOrigin }),
    ...(issuerUrl && { CHAT_ISSUER_URL: issuerUrl }),
    ...(parameters.bedrockGuardrailId && {
      BEDROCK_GUARDRAIL_ID: parameters.bedrockGuardrailId,
      BEDROCK_GUARDRAIL_VERSION: parameters.bedrockGuardrailVersion,
      BEDROCK_GUARDRAIL_STREAM_MODE: parameters.bedrockGuardrailStreamMode,
    }),
    ...(parameters.chatBackend === 'openai' && {
      OPENAI_BASE_URL: parameters.openaiBaseUrl,
      // CloudFormation fills the key in when it deploys: neither the template nor
      // the context holds it. Who may read the function's settings sees it.
      OPENAI_API_KEY: `{{resolve:secretsmanager:${parameters.openaiApiKeySecretArn}}}`,
    }),
    JWT_ISSUER: parameters.jwtIssuer,
    JWT_LEEWAY_SECONDS: String(parameters.leewaySeconds),
  };
}

/** The rights that the chat needs; the right to use the table's key is `tableKeyStatements`. */
export function chatStatements(
  scope: Construct,
  parameters: Parameters,
  table: dynamodb.ITable,
): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      sid: 'KeepConversations',
      actions: [
        'dynamodb:BatchWriteItem',
        'dynamodb:DeleteItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
      ],
      resources: [table.tableArn],
    }),
    ...(parameters.chatBackend === 'bedrock' ? modelStatements(Stack.of(scope), parameters) : []),
  ];
}

/** The right to use a key of one's own for the table alone. */
export function tableKeyStatements(scope: Construct, key: kms.IKey | undefined): iam.PolicyStatement[] {
  return key ? [throughServices(scope, 'Decrypt', ['kms:Decrypt'], key, ['dynamodb'])] : [];
}

/** Where the profiles of AWS may go: what their ids begin with. */
const PROFILE_PREFIXES = ['us', 'us-gov', 'ca', 'eu', 'apac', 'jp', 'au', 'global'];

/** How ids are told apart: an ARN, the id of a profile, or the id of a model. */
function described({ chatBackend, chatModel }: Parameters) {
  const isArn = chatModel.startsWith('arn:');
  const [prefix, provider, modelName] = `${chatModel}..`.split('.');
  const isProfileId = PROFILE_PREFIXES.includes(prefix!);
  const isProfile = isProfileId || (isArn && /:(application-)?inference-profile\//.test(chatModel));
  // A name may have another dot in it; the ARN of a profile need not tell its model.
  const ofProfile = isArn ? '*' : `${provider}.${modelName}*`;
  return { isArn, isProfileId, modelsOfProfile: chatBackend === 'bedrock' && isProfile ? ofProfile : undefined };
}

function modelStatements(stack: Stack, parameters: Parameters): iam.PolicyStatement[] {
  const { chatModel, bedrockGuardrailId } = parameters;
  const { partition, region, account } = stack;
  const actions = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];
  const { isArn, isProfileId, modelsOfProfile } = described(parameters);
  const asked = isArn
    ? chatModel
    : isProfileId
      ? `arn:${partition}:bedrock:${region}:${account}:inference-profile/${chatModel}`
      : `arn:${partition}:bedrock:${region}::foundation-model/${chatModel}`;
  const statements = [new iam.PolicyStatement({ sid: 'AskModel', actions, resources: [asked] })];
  if (modelsOfProfile) {
    // A profile asks its model in any of its regions, and the model is open to
    // that profile only.
    statements.push(
      new iam.PolicyStatement({
        sid: 'AskModelOfProfile',
        actions,
        resources: [`arn:${partition}:bedrock:*::foundation-model/${modelsOfProfile}`],
        conditions: { StringEquals: { 'bedrock:InferenceProfileArn': asked } },
      }),
    );
  }
  if (bedrockGuardrailId) {
    statements.push(
      new iam.PolicyStatement({
        sid: 'AskGuardrail',
        actions: ['bedrock:ApplyGuardrail'],
        resources: [`arn:${partition}:bedrock:${region}:${account}:guardrail/${bedrockGuardrailId}`],
      }),
    );
  }
  return statements;
}

/** Says why the role of a chatbot names models by a pattern, where it does. */
export function acceptModels(made: PrebuiltFunction, parameters: Parameters): void {
  const { modelsOfProfile } = described(parameters);
  if (!modelsOfProfile) return;
  accept(
    made.role,
    `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*::foundation-model/${modelsOfProfile}]`,
    'An inference profile asks its model in several regions, and only that profile is let through',
  );
}
