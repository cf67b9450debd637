# Leven en stoppen van een pod.
package uitrol

import rego.v1

deny contains container_problem("probe-port", workload, container, sprintf("%v vraagt op poort %v, die niet genoemd is", [kind, port])) if {
	some workload in workloads
	some container in containers_of(pod_of(workload))
	some kind in ["startupProbe", "readinessProbe", "livenessProbe"]
	probe := container[kind]
	some port in probe_ports(probe)
	not declares(container, port)
}

deny contains container_problem("probe", workload, container, sprintf("heeft geen %v", [kind])) if {
	some workload in workloads
	workload.kind != "Job"
	some container in containers_of(pod_of(workload))
	stays(workload, container)
	some kind in ["startupProbe", "readinessProbe"]
	not container[kind]
}

probe_ports(probe) := ({port | port := probe.grpc.port} | {port | port := probe.httpGet.port}) | {port | port := probe.tcpSocket.port}

declares(container, port) if {
	some declared in object.get(container, "ports", [])
	is_port({"name": object.get(declared, "name", ""), "number": declared.containerPort}, port)
}

# Een initContainer die eindigt heeft niets te vragen.
stays(workload, container) if container in pod_of(workload).containers

stays(_, container) if object.get(container, "restartPolicy", "") == "Always"

# Een pod krijgt de tijd die hij voor zichzelf nodig heeft: preStop, en daarna wat lopende aanroepen mogen duren.
deny contains problem("grace", workload, sprintf("krijgt %v s om te stoppen en heeft er %v nodig", [grace, needed])) if {
	some workload in workloads
	grace := object.get(pod_of(workload), "terminationGracePeriodSeconds", 30)
	some container in pod_of(workload).containers
	needed := pause_of(container) + drains_of(container)
	needed >= grace
}

default pause_of(_) := 0

pause_of(container) := container.lifecycle.preStop.sleep.seconds

drains_of(container) := sum([to_number(value) |
	some key, value in settings_of(container)
	regex.match(`_DRAIN(_DELAY)?_SECONDS$`, key)
])

# Wat een container uit ConfigMaps in zijn omgeving heeft.
settings_of(container) := object.union_n([configmap.data |
	name := container.envFrom[_].configMapRef.name
	some configmap in of_kind("ConfigMap")
	configmap.metadata.name == name
])

deny contains container_problem("identity", workload, container, sprintf("%v is %v", [key, value])) if {
	some workload in workloads
	some container in pod_of(workload).containers
	some key, value in settings_of(container)
	endswith(key, "_IDENTITY")
	value != "required"
}

# Wie het eerst start zou de tabellen bijwerken, met rechten die een dienst niet nodig heeft.
deny contains container_problem("migrations", workload, container, "werkt zelf zijn tabellen bij") if {
	some workload in workloads
	some container in pod_of(workload).containers
	settings := settings_of(container)
	some key, _ in settings
	endswith(key, "_DATABASE_URL_FILE")
	object.get(settings, replace(key, "_DATABASE_URL_FILE", "_MIGRATE_AT_START"), "true") != "false"
}

# De naam van een Job draagt de versie, want een Job die er al is verandert niet.
deny contains problem("job-name", job, sprintf("draagt versie %v van zijn image niet", [version])) if {
	some job in of_kind("Job")
	some container in pod_of(job).containers
	version := image_version(container.image)
	not endswith(job.metadata.name, sprintf("-%v", [version]))
}

deny contains problem("job-ends", job, sprintf("heeft geen %v", [limit])) if {
	some job in of_kind("Job")
	some limit in ["activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"]
	not job.spec[limit]
}

image_version(image) := regex.find_n(`[^:@]+`, split(image, "/")[count(split(image, "/")) - 1], 2)[1]
