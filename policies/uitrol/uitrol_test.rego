package uitrol

import rego.v1

# De selector van Kubernetes

test_an_empty_selector_selects_everyone if selects({}, {"a": "b"})

test_labels_all_have_to_match if {
	selects({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"})
	not selects({"matchLabels": {"a": "1", "b": "3"}}, {"a": "1", "b": "2"})
	not selects({"matchLabels": {"a": "1"}}, {})
}

test_in if {
	selects({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, {"a": "2"})
	not selects({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]}, {"a": "2"})
	not selects({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]}, {})
}

test_not_in_holds_for_who_has_no_such_label if {
	selects({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {})
	selects({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {"a": "2"})
	not selects({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {"a": "1"})
}

test_exists if {
	selects({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"a": ""})
	not selects({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"b": ""})
}

test_does_not_exist if {
	selects({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"b": ""})
	not selects({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"a": ""})
}

test_an_unknown_operator_selects_nobody if {
	not selects({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}, {"a": "2"})
}

# Images

test_a_version_is_pinned if {
	every image in [
		"docker.io/library/postgres:18.6",
		"openpolicyagent/opa:1.20.2-static",
		"envoyproxy/envoy:v1.40.0",
		"host:5000/spoedkader:0.1.0",
		"spoedkader@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"spoedkader:0.1.0@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	] {
		is_pinned(image)
	}
}

test_what_moves_is_not_pinned if {
	every image in ["postgres", "postgres:latest", "postgres:18", "host:5000/postgres", "postgres@sha256:e3b0", "postgres:"] {
		not is_pinned(image)
	}
}

test_the_version_of_an_image if {
	image_version("host:5000/suite/spoedkader:0.1.0") == "0.1.0"
	image_version("spoedkader:0.1.0@sha256:e3b0") == "0.1.0"
}

# Namen en nummers van poorten

test_names_of_ports if {
	is_port_name("grpc")
	is_port_name("opa-health")
	is_port_name("a23456789012345")
	every name in ["", "a234567890123456", "GRPC", "1", "a--b", "-a", "a-", "a_b"] {
		not is_port_name(name)
	}
}

test_numbers_of_ports if {
	is_port_number(1)
	is_port_number(65535)
	not is_port_number(0)
	not is_port_number(65536)
}

# Hoeveelheden

test_amounts_are_compared_by_their_size_and_not_as_text if {
	message := "vraagt meer memory dan het mag hebben"
	container_in(with_memory("1Gi", "900Mi"), message)
	not container_in(with_memory("900Mi", "1Gi"), message)
	not container_in(with_memory("1Gi", "1024Mi"), message)
}

with_memory(request, limit) := [deployment({
	"name": "c",
	"image": "i:1.0",
	"resources": {"requests": {"cpu": "1", "memory": request}, "limits": {"memory": limit}},
})]

container_in(objects, message) if {
	some found in deny with input as {"objects": objects, "given": {}}
	found.message == message
}

deployment(container) := {
	"kind": "Deployment",
	"metadata": {"name": "d", "namespace": "n"},
	"spec": {"replicas": 1, "selector": {}, "template": {"metadata": {}, "spec": {"containers": [container]}}},
}

# De tijd om te stoppen

test_the_time_to_stop_is_all_that_is_waited_for if {
	settings := {"A_DRAIN_DELAY_SECONDS": "10", "A_DRAIN_SECONDS": "25.5", "A_OTHER": "100"}
	objects := [{"kind": "ConfigMap", "metadata": {"name": "s"}, "data": settings}]
	container := {"envFrom": [{"configMapRef": {"name": "s"}}]}
	drains_of(container) == 35.5 with input as {"objects": objects}
}

test_who_says_nothing_waits_for_nothing if {
	drains_of({}) == 0 with input as {"objects": []}
	pause_of({}) == 0
}

# Verkeer

test_one_address_is_not_wide if {
	not is_wide({"ipBlock": {"cidr": "192.0.2.1/32"}})
	not is_wide({"ipBlock": {"cidr": "2001:db8::1/128"}})
	is_wide({"ipBlock": {"cidr": "192.0.2.0/24"}})
	is_wide({"ipBlock": {"cidr": "2001:db8::/32"}})
	is_wide({"podSelector": {}})
	is_wide({"namespaceSelector": {}})
}

test_a_policy_that_lets_something_through_does_not_close if {
	policy := {"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}}
	closes(policy)
	not closes({"spec": object.union(policy.spec, {"egress": [{}]})})
	not closes({"spec": object.union(policy.spec, {"policyTypes": ["Ingress"]})})
	not closes({"spec": object.union(policy.spec, {"podSelector": {"matchLabels": {"a": "b"}}})})
}
