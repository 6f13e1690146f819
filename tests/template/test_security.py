"""Who may do what, and what is kept how."""

from collections.abc import Iterator
from typing import Any

import pytest

from dokstamp_sync.order import Step
from tests.template.cloudformation import BY_DEFAULT, WITH_KEY, WITH_TRACING, of_type, raw, resources

Statement = dict[str, Any]

FUNCTIONS = of_type("AWS::Serverless::Function")
ROLES = of_type("AWS::IAM::Role")
RUN = of_type("AWS::StepFunctions::StateMachine")["StateMachine"]
OF_STEPS = [f"{step.logical_id}Role" for step in Step]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(role: str, holds: frozenset[str] = BY_DEFAULT) -> Iterator[Statement]:
    """Everything that a role allows, by its own policies and by those attached to it."""
    attached = [each for each in of_type("AWS::IAM::Policy", holds).values() if {"Ref": role} in each["Roles"]]
    for policy in (*of_type("AWS::IAM::Role", holds)[role].get("Policies", []), *attached):
        yield from policy["PolicyDocument"]["Statement"]


def actions(role: str) -> set[str]:
    return {action for each in statements(role) for action in as_list(each["Action"])}


def allowed_on(role: str, resource: Any) -> set[str]:
    return {
        action
        for each in statements(role)
        if resource in as_list(each["Resource"])
        for action in as_list(each["Action"])
    }


def test_every_function_has_a_role_of_its_own() -> None:
    used = [str(function["Role"]) for function in FUNCTIONS.values()]
    assert len(set(used)) == len(FUNCTIONS)
    for name, function in FUNCTIONS.items():
        assert function["Role"] == {"Fn::GetAtt": [name.replace("Function", "Role"), "Arn"]}
        assert "Policies" not in function


@pytest.mark.parametrize("role", ROLES)
def test_no_role_has_a_managed_policy_or_an_action_by_wildcard(role: str) -> None:
    assert "ManagedPolicyArns" not in ROLES[role]
    assert actions(role)
    assert not [action for action in actions(role) if "*" in action]
    assert {each["Effect"] for each in statements(role)} == {"Allow"}


def test_only_log_delivery_and_tracing_of_the_run_reach_every_resource() -> None:
    # Given what may be done to everything, with tracing and without
    wide = {holds: {each for role in ROLES for each in wide_ones(role, holds)} for holds in (WITH_TRACING, BY_DEFAULT)}
    # Then it is the run's log delivery and, where it is traced, its tracing
    assert wide[WITH_TRACING] == {("StateMachineRole", "DeliverLogs"), ("StateMachineRole", "Trace")}
    assert wide[BY_DEFAULT] == {("StateMachineRole", "DeliverLogs")}


def wide_ones(role: str, holds: frozenset[str]) -> Iterator[tuple[str, str]]:
    yield from ((role, each["Sid"]) for each in statements(role, holds) if "*" in as_list(each["Resource"]))


def test_only_a_run_that_is_traced_may_send_traces() -> None:
    # Given the state machine that traces where the parameter says so
    assert RUN["TracingConfiguration"] == {"Enabled": {"Ref": "Tracing"}}
    # Then the same parameter grants it, and it is off by default
    assert raw()["Conditions"]["HasTracing"] == {"Fn::Equals": [{"Ref": "Tracing"}, "true"]}
    assert raw()["Parameters"]["Tracing"]["Default"] == "false"
    assert "xray:" not in str(resources())
    (trace,) = [each for each in statements("StateMachineRole", WITH_TRACING) if each["Sid"] == "Trace"]
    # AWS's own minimum: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
    wanted = ("PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets")
    assert trace["Action"] == [f"xray:{action}" for action in wanted]


@pytest.mark.parametrize("step", list(Step))
def test_a_step_may_only_do_what_it_does(step: Step) -> None:
    role = f"{step.logical_id}Role"
    queue = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility")
    wanted = {f"sqs:{action}" for action in queue} | {"states:SendTaskSuccess", "secretsmanager:GetSecretValue"}
    wanted |= {f"dynamodb:{action}" for action in ("BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")}
    # What waits for a record is sent to the inbox again when that is delivered.
    wanted |= {"sqs:SendMessage"}
    assert allowed_on(role, {"Fn::GetAtt": ["InboxQueue", "Arn"]}) == {"sqs:SendMessage"}
    wanted |= {"logs:CreateLogStream", "logs:PutLogEvents"}
    if step is Step.CERTIFICATE:
        wanted |= {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"}
    assert actions(role) == wanted


@pytest.mark.parametrize("step", list(Step))
def test_a_step_reaches_its_own_queue_and_log_and_no_other(step: Step) -> None:
    # Given the resources of the other steps
    role = f"{step.logical_id}Role"
    reached = str([each["Resource"] for each in statements(role)])
    # Then a step's role names its own alone
    assert allowed_on(role, {"Fn::GetAtt": [f"{step.logical_id}Queue", "Arn"]})
    for other in Step:
        assert (f"'{other.logical_id}Queue'" in reached) == (other is step)
        assert (f"'{other.logical_id}LogGroup'" in reached) == (other is step)


def test_a_mapping_row_is_never_deleted_by_anybody() -> None:
    mapping = {"Fn::GetAtt": ["MappingTable", "Arn"]}
    for role in (*OF_STEPS, "IntakeRole"):
        assert allowed_on(role, mapping) == {"dynamodb:BatchGetItem", "dynamodb:PutItem"}


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        ("s3:", {"CertificateRole"}),
        ("secretsmanager:GetSecretValue", set(OF_STEPS)),
        ("states:StartExecution", {"IntakeRole"}),
    ],
)
def test_only_those_whose_business_it_is_may_do_it(action: str, roles: set[str]) -> None:
    assert {role for role in ROLES if any(each.startswith(action) for each in actions(role))} == roles


def test_only_the_run_hands_out_records() -> None:
    step_queues = [{"Fn::GetAtt": [f"{step.logical_id}Queue", "Arn"]} for step in Step]
    senders = {role for role in ROLES for queue in step_queues if "sqs:SendMessage" in allowed_on(role, queue)}
    assert senders == {"StateMachineRole"}
    (hand_out,) = [each for each in statements("StateMachineRole") if each["Sid"] == "HandOutRecords"]
    assert hand_out["Resource"] == step_queues


def test_the_mapping_can_be_brought_back_and_outlives_the_stack() -> None:
    table = resources()["MappingTable"]
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_a_key_of_one_s_own_encrypts_everything_that_holds_records() -> None:
    # Given a stack with a key
    given = resources(WITH_KEY)
    key = {"Ref": "KmsKeyArn"}
    # Then tables, bucket, secret, logs, environments and runs are encrypted with it
    for table in ("MappingTable", "OutcomesTable"):
        wanted = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
        assert given[table]["Properties"]["SSESpecification"] == wanted
    (encryption,) = given["PdfBucket"]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert given["CredentialsSecret"]["Properties"]["KmsKeyId"] == key
    assert all(log["KmsKeyId"] == key for log in of_type("AWS::Logs::LogGroup", WITH_KEY).values())
    assert given["StateMachine"]["Properties"]["EncryptionConfiguration"]["KmsKeyId"] == key
    assert "EncryptionConfiguration" not in RUN


def test_whoever_touches_what_the_key_encrypts_may_use_it_and_nobody_may_without_a_key() -> None:
    # Given what is allowed with a key and without one
    with_key, without = str(resources(WITH_KEY)), str(resources())
    # Then only the first names the key's actions, for every role
    assert "kms:" not in without.replace("aws:kms", "")
    attached = of_type("AWS::IAM::Policy", WITH_KEY)["KeyPolicy"]
    assert attached["Roles"] == [{"Ref": role} for role in ROLES if role != "StateMachineRole"]
    (statement,) = attached["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert statement["Resource"] == {"Ref": "KmsKeyArn"}
    (policy,) = of_type("AWS::IAM::Role", WITH_KEY)["StateMachineRole"]["Policies"]
    assert statement in policy["PolicyDocument"]["Statement"]
    assert "kms:Decrypt" in with_key


@pytest.mark.parametrize("table", ["MappingTable", "OutcomesTable"])
def test_a_table_is_encrypted_grows_by_itself_and_knows_when_items_expire(table: str) -> None:
    properties = resources()[table]["Properties"]
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert properties["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]


def test_the_bucket_is_private_encrypted_and_versioned_and_outlives_the_stack() -> None:
    bucket = resources()["PdfBucket"]
    properties = bucket["Properties"]
    assert all(properties["PublicAccessBlockConfiguration"].values())
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    (encryption,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in {"AES256", "aws:kms"}
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_bucket_is_reached_over_tls_only() -> None:
    policy = of_type("AWS::S3::BucketPolicy")["PdfBucketPolicy"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [{"Fn::GetAtt": ["PdfBucket", "Arn"]}, {"Fn::Sub": "${PdfBucket.Arn}/*"}]


def test_the_run_s_log_holds_none_of_its_data() -> None:
    assert RUN["LoggingConfiguration"]["IncludeExecutionData"] is False


def test_every_log_expires() -> None:
    logs = of_type("AWS::Logs::LogGroup")
    assert set(logs) >= {f"{step.logical_id}LogGroup" for step in Step}
    assert all(0 < log["RetentionInDays"] <= 365 for log in logs.values())


def test_every_function_logs_to_the_group_that_expires() -> None:
    for name, function in FUNCTIONS.items():
        assert function["LoggingConfig"] == {"LogGroup": {"Ref": name.replace("Function", "LogGroup")}}
