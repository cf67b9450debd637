# Wat genoemd wordt, is er.
package uitrol

import rego.v1

deny contains problem("service-selects", service, "kiest geen enkele pod") if {
	some service in of_kind("Service")
	count(selected({"matchLabels": service.spec.selector})) == 0
}

deny contains problem("service-port", service, sprintf("poort %v is bij %v niet open", [target, name_of(workload)])) if {
	some service in of_kind("Service")
	some port in service.spec.ports
	some workload in selected({"matchLabels": service.spec.selector})
	target := object.get(port, "targetPort", port.port)
	not listens(pod_of(workload), target, protocol_of(port))
}

deny contains problem("selector", workload, "kiest de eigen pods niet") if {
	some workload in workloads
	selector := object.get(workload.spec, "selector", null)
	selector != null
	not selects(selector, labels_of(workload))
}

# Twee die dezelfde pods kiezen, ruimen elkaars pods op.
deny contains problem("selector", workload, sprintf("kiest ook de pods van %v", [name_of(other)])) if {
	some workload in workloads
	selector := object.get(workload.spec, "selector", null)
	selector != null
	some other in selected(selector)
	name_of(other) != name_of(workload)
}

deny contains problem("set-service", set, sprintf("de Service %v is er niet", [set.spec.serviceName])) if {
	some set in of_kind("StatefulSet")
	not named("Service", set.spec.serviceName)
}

deny contains problem("account", workload, sprintf("het ServiceAccount %v is er niet", [account])) if {
	some workload in workloads
	account := object.get(pod_of(workload), "serviceAccountName", "default")
	not named("ServiceAccount", account)
}

deny contains problem("configmap", workload, sprintf("de ConfigMap %v is er niet", [name])) if {
	some workload in workloads
	some name in configmaps_of(pod_of(workload))
	not named("ConfigMap", name)
	not is_given("configmaps", name)
}

deny contains problem("secret", workload, sprintf("het Secret %v is er niet", [name])) if {
	some workload in workloads
	some volume in object.get(pod_of(workload), "volumes", [])
	name := volume.secret.secretName
	not named("Secret", name)
	not is_given("secrets", name)
	not is_issued(name)
}

deny contains problem("issuer", object_, sprintf("%v %v is er niet", [wanted.kind, wanted.name])) if {
	some object_ in of_kind("Certificate")
	wanted := object_.spec.issuerRef
	not named(wanted.kind, wanted.name)
	not issuer_is_given(wanted)
}

deny contains problem("issuer", issuer, sprintf("geen Certificate maakt het Secret %v", [issuer.spec.ca.secretName])) if {
	some issuer in of_kind("Issuer")
	not is_issued(issuer.spec.ca.secretName)
	not is_given("secrets", issuer.spec.ca.secretName)
	issuer.spec.ca
}

deny contains problem("monitor", monitor, "kiest geen enkele pod") if {
	some monitor in of_kind("PodMonitor")
	count(selected(monitor.spec.selector)) == 0
}

deny contains problem("monitor", monitor, sprintf("poort %v is bij %v niet open", [port, name_of(workload)])) if {
	some monitor in of_kind("PodMonitor")
	port := monitor.spec.podMetricsEndpoints[_].port
	some workload in selected(monitor.spec.selector)
	not listens(pod_of(workload), port, "TCP")
}

deny contains problem("namespace", object_, "staat niet in een Namespace van deze overlay") if {
	some object_ in input.objects
	object_.kind != "Namespace"
	not named("Namespace", object.get(object_.metadata, "namespace", ""))
}

# Wat een overlay van buiten verwacht en nergens gebruikt, is een verschrijving.
deny contains {"rule": "given", "object": sprintf("Secret/%v", [secret.name]), "message": "wordt nergens gebruikt"} if {
	some secret in given("secrets")
	not secret.name in secrets_used
}

deny contains {"rule": "given", "object": sprintf("ConfigMap/%v", [configmap.name]), "message": "wordt nergens gebruikt"} if {
	some configmap in given("configmaps")
	not configmap.name in configmaps_used
}

secrets_used contains name if {
	some workload in workloads
	some volume in object.get(pod_of(workload), "volumes", [])
	name := volume.secret.secretName
}

configmaps_used contains name if {
	some workload in workloads
	some name in configmaps_of(pod_of(workload))
}

configmaps_of(pod) := ({name | name := pod.volumes[_].configMap.name} | {name | name := containers_of(pod)[_].envFrom[_].configMapRef.name}) | {name | name := containers_of(pod)[_].env[_].valueFrom.configMapKeyRef.name}

is_given(kind, name) if {
	some there in given(kind)
	there.name == name
}

is_issued(name) if {
	some certificate in of_kind("Certificate")
	certificate.spec.secretName == name
}

issuer_is_given(wanted) if {
	some there in given("issuers")
	there.kind == wanted.kind
	there.name == wanted.name
}
