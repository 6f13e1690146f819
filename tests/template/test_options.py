"""What whoever deploys may choose: who else is let in, who is told of alarms, and what is kept."""

from typing import Any

import pytest

from tests.template.cloudformation import BY_DEFAULT, OBSERVABILITY, of_type, raw, resources

WITH_SIS = BY_DEFAULT | {"HasSis"}
WITH_EMAIL = BY_DEFAULT | {"HasAlarmEmail"}
SIS = {"AWS": {"Ref": "SisPrincipalArn"}}
IS_SET = {"Fn::Not": [{"Fn::Equals": [{"Ref": "SisPrincipalArn"}, ""]}]}


def allowed(holds: frozenset[str]) -> list[dict[str, Any]]:
    """What the policies of queues and bucket allow to anybody."""
    policies = [*of_type("AWS::SQS::QueuePolicy", holds).values(), *of_type("AWS::S3::BucketPolicy", holds).values()]
    statements = [one for each in policies for one in each["PolicyDocument"]["Statement"]]
    return [one for one in statements if one["Effect"] == "Allow"]


def test_nobody_is_let_in_by_the_policy_of_a_queue_or_of_the_bucket() -> None:
    assert allowed(BY_DEFAULT) == []


def test_a_sis_in_another_account_may_send_read_its_results_and_put_pdfs() -> None:
    # Given a stack that names it
    assert raw()["Conditions"]["HasSis"] == IS_SET
    assert raw()["Parameters"]["SisPrincipalArn"]["Default"] == ""
    # Then it alone is let in, to do what it has to do
    found = allowed(WITH_SIS)
    assert [each["Principal"] for each in found] == [SIS] * 3
    assert [(each["Action"], each["Resource"]) for each in found] == [
        ("sqs:SendMessage", {"Fn::GetAtt": ["InboxQueue", "Arn"]}),
        (["sqs:ReceiveMessage", "sqs:DeleteMessage"], {"Fn::GetAtt": ["ResultsQueue", "Arn"]}),
        ("s3:PutObject", {"Fn::Sub": "${PdfBucket.Arn}/*"}),
    ]
    # And each policy that lets it in is that of the queue itself, and refuses whoever comes without TLS
    for queue in ("InboxQueue", "ResultsQueue"):
        policies = of_type("AWS::SQS::QueuePolicy", WITH_SIS).values()
        (policy,) = [each for each in policies if {"Ref": queue} in each["Queues"]]
        assert policy["Queues"] == [{"Ref": queue}]
        assert [each["Effect"] for each in policy["PolicyDocument"]["Statement"]] == ["Deny", "Allow"]


def test_an_address_makes_a_topic_that_only_alarms_of_this_account_may_write_to() -> None:
    # Given a stack with an address, and one without
    assert not of_type("AWS::SNS::Topic", of=OBSERVABILITY)
    topic = of_type("AWS::SNS::Topic", WITH_EMAIL, OBSERVABILITY)["Topic"]
    # Then the first has a topic that sends e-mail
    assert topic["Subscription"] == [{"Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}}]
    # And CloudWatch writes to it, for this account and over TLS
    policy = of_type("AWS::SNS::TopicPolicy", WITH_EMAIL, OBSERVABILITY)["TopicPolicy"]
    assert policy["Topics"] == [{"Ref": "Topic"}]
    alarms, tls = policy["PolicyDocument"]["Statement"]
    assert (alarms["Principal"], alarms["Action"]) == ({"Service": "cloudwatch.amazonaws.com"}, "sns:Publish")
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert (tls["Effect"], tls["Principal"]) == ("Deny", "*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_key_of_one_s_own_encrypts_the_topic_and_aws_s_never_does() -> None:
    # Given that alarms may not use AWS's own key for topics
    assert "KmsMasterKeyId" not in of_type("AWS::SNS::Topic", WITH_EMAIL, OBSERVABILITY)["Topic"]
    with_key = of_type("AWS::SNS::Topic", WITH_EMAIL | {"HasKmsKey"}, OBSERVABILITY)["Topic"]
    assert with_key["KmsMasterKeyId"] == {"Ref": "KmsKeyArn"}
    # Then whoever brings a key is told to let them use it
    assert "cloudwatch.amazonaws.com" in raw()["Parameters"]["KmsKeyArn"]["Description"]


def test_the_mapping_cannot_be_deleted_by_mistake() -> None:
    assert resources()["MappingTable"]["Properties"]["DeletionProtectionEnabled"] is True


def test_what_a_broken_upload_left_behind_goes_away() -> None:
    (rule,) = resources()["PdfBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    # Given that certificates themselves never expire
    assert set(rule) == {"Id", "Status", "AbortIncompleteMultipartUpload"}
    assert (rule["Status"], rule["AbortIncompleteMultipartUpload"]) == ("Enabled", {"DaysAfterInitiation": 7})


@pytest.mark.parametrize("layer", of_type("AWS::Serverless::LayerVersion"))
def test_a_layer_is_named_by_the_stack_and_leaves_no_old_versions_behind(layer: str) -> None:
    properties = of_type("AWS::Serverless::LayerVersion")[layer]
    name = layer.removesuffix("Layer").lower()
    assert properties["LayerName"] == {"Fn::Sub": f"${{AWS::StackName}}-{name}"}
    assert properties["RetentionPolicy"] == "Delete"
