# Een pod klopt en mag zo weinig als kan: Pod Security `restricted`, en wat deze suite daar zelf bij vraagt.
package uitrol

import rego.v1

volume_kinds := {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}

capabilities_allowed := {"NET_BIND_SERVICE"}

# Pod Security `restricted`

deny contains problem("restricted", workload, sprintf("%v van de node", [share])) if {
	some workload in workloads
	some share in ["hostNetwork", "hostPID", "hostIPC"]
	object.get(pod_of(workload), share, false) != false
}

deny contains problem("restricted", workload, sprintf("volume %v van soort %v", [volume.name, kind])) if {
	some workload in workloads
	some volume in object.get(pod_of(workload), "volumes", [])
	some kind in (object.keys(volume) - {"name"})
	not kind in volume_kinds
}

deny contains problem("restricted", workload, "sysctls") if {
	some workload in workloads
	count(object.get(pod_security(workload), "sysctls", [])) > 0
}

deny contains container_problem("restricted", workload, container, "kan root zijn") if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	not effective(workload, container, "runAsNonRoot") == true
}

deny contains container_problem("restricted", workload, container, "is root") if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	effective(workload, container, "runAsUser") == 0
}

deny contains container_problem("restricted", workload, container, "heeft geen seccomp-profiel van de runtime") if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	not object.get(effective(workload, container, "seccompProfile"), "type", "") in {"RuntimeDefault", "Localhost"}
}

deny contains container_problem("restricted", workload, container, "kan meer rechten krijgen") if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	not object.get(security_of(container), "allowPrivilegeEscalation", true) == false
}

deny contains container_problem("restricted", workload, container, "is privileged") if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	object.get(security_of(container), "privileged", false) != false
}

deny contains container_problem("restricted", workload, container, "heeft een ander /proc") if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	object.get(security_of(container), "procMount", "Default") != "Default"
}

deny contains container_problem("restricted", workload, container, "houdt capabilities") if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	not "ALL" in object.get(object.get(security_of(container), "capabilities", {}), "drop", [])
}

deny contains container_problem("restricted", workload, container, sprintf("krijgt capability %v", [added])) if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	some added in object.get(object.get(security_of(container), "capabilities", {}), "add", [])
	not added in capabilities_allowed
}

deny contains container_problem("restricted", workload, container, "neemt een poort van de node") if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	object.get(container.ports[_], "hostPort", 0) != 0
}

deny contains problem("restricted", space, "dwingt Pod Security restricted niet af") if {
	some space in of_kind("Namespace")
	object.get(object.get(space.metadata, "labels", {}), "pod-security.kubernetes.io/enforce", "") != "restricted"
}

# Wat deze suite zelf vraagt

deny contains container_problem("read-only", workload, container, "kan in zijn image schrijven") if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	not object.get(security_of(container), "readOnlyRootFilesystem", false) == true
}

deny contains problem("token", workload, "krijgt een token van het cluster") if {
	some workload in workloads
	not object.get(pod_of(workload), "automountServiceAccountToken", true) == false
}

# Omgevingsvariabelen komen in logs en in kindprocessen terecht; een Secret is een bestand.
deny contains container_problem("secret-env", workload, container, "heeft een Secret in zijn omgeving") if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	some source in secret_sources(container)
	source
}

secret_sources(container) := array.concat(
	[ref | ref := container.env[_].valueFrom.secretKeyRef],
	[ref | ref := container.envFrom[_].secretRef],
)

deny contains container_problem("image", workload, container, sprintf("image %v heeft geen vaste versie", [container.image])) if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	not is_pinned(container.image)
}

# Een digest, of een tag die met een versie begint.
is_pinned(image) if regex.match(`^[^@]+@sha256:[0-9a-f]{64}$`, image)

is_pinned(image) if regex.match(`^[^@]+:v?[0-9]+(\.[0-9]+)+[a-z0-9.-]*$`, image)

# Wat erin staat klopt

deny contains container_problem("resources", workload, container, sprintf("noemt geen %v", [missing])) if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	some wanted in [["requests", "cpu"], ["requests", "memory"], ["limits", "memory"]]
	not container.resources[wanted[0]][wanted[1]]
	missing := concat(".", wanted)
}

deny contains container_problem("resources", workload, container, sprintf("vraagt meer %v dan het mag hebben", [resource])) if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	some resource, limit in container.resources.limits
	units.parse(container.resources.requests[resource]) > units.parse(limit)
}

deny contains container_problem("mount", workload, container, sprintf("volume %v is er niet", [mount.name])) if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	some mount in object.get(container, "volumeMounts", [])
	not mount.name in volumes_of(workload)
}

deny contains container_problem("mount", workload, container, sprintf("op %v komt meer dan één volume", [mount.mountPath])) if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	some mount in object.get(container, "volumeMounts", [])
	count([other | some other in container.volumeMounts; other.mountPath == mount.mountPath]) > 1
}

deny contains problem("mount", workload, sprintf("volume %v wordt nergens gebruikt", [name])) if {
	some workload in workloads
	some name in volumes_of(workload)
	not name in {mount.name | mount := containers_of(pod_of(workload))[_].volumeMounts[_]}
}

volumes_of(workload) := {volume.name | some volume in object.get(pod_of(workload), "volumes", [])} | {claim.metadata.name | some claim in object.get(workload.spec, "volumeClaimTemplates", [])}

deny contains container_problem("port", workload, container, sprintf("poort %v heeft een verkeerde naam", [port.name])) if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	some port in object.get(container, "ports", [])
	not is_port_name(port.name)
}

deny contains problem("port", service, sprintf("poort %v heeft een verkeerde naam", [port.name])) if {
	some service in of_kind("Service")
	some port in service.spec.ports
	not is_port_name(port.name)
}

deny contains problem("port", object_, sprintf("poort %v bestaat niet", [number])) if {
	some object_ in input.objects
	some number in port_numbers(object_)
	not is_port_number(number)
}

deny contains problem("port", object_, sprintf("protocol %v bestaat niet", [protocol])) if {
	some object_ in input.objects
	some protocol in port_protocols(object_)
	not protocol in {"TCP", "UDP", "SCTP"}
}

deny contains problem("port", workload, sprintf("poort %v wordt twee keer gebruikt", [port.number])) if {
	some workload in workloads
	some port in ports_of(pod_of(workload))
	count([other | some other in ports_of(pod_of(workload)); other.number == port.number; other.protocol == port.protocol]) > 1
}

is_port_name(name) if {
	count(name) <= 15
	regex.match(`^[a-z0-9]+(-[a-z0-9]+)*$`, name)
	regex.match(`[a-z]`, name)
}

is_port_number(number) if {
	number >= 1
	number <= 65535
}

port_numbers(object_) := (({port.number | some port in ports_of(pod_of(object_))} | {number | number := object_.spec.ports[_].port}) | {number | number := object_.spec.ingress[_].ports[_].port; is_number(number)}) | {number | number := object_.spec.egress[_].ports[_].port; is_number(number)}

port_protocols(object_) := (({protocol_of(port) | some port in ports_of(pod_of(object_))} | {protocol_of(port) | port := object_.spec.ports[_]}) | {protocol_of(port) | port := object_.spec.ingress[_].ports[_]}) | {protocol_of(port) | port := object_.spec.egress[_].ports[_]}

container_problem(rule, workload, container, message) := {
	"rule": rule,
	"object": sprintf("%v[%v]", [name_of(workload), container.name]),
	"message": message,
}

pod_security(workload) := object.get(pod_of(workload), "securityContext", {})

security_of(container) := object.get(container, "securityContext", {})

# Wat van een container niet gezegd is, geldt van zijn pod.
effective(workload, container, setting) := object.get(
	security_of(container), setting,
	object.get(pod_security(workload), setting, {}),
)
