# Aantallen die elkaar niet tegenspreken.
package uitrol

import rego.v1

deny contains problem("pdb-target", budget, "kiest geen enkele pod") if {
	some budget in of_kind("PodDisruptionBudget")
	count(selected(budget.spec.selector)) == 0
}

deny contains problem("pdb-room", budget, "laat geen enkele pod gaan, zodat onderhoud blijft wachten") if {
	some budget in of_kind("PodDisruptionBudget")
	object.get(budget.spec, "maxUnavailable", 1) in {0, "0%"}
}

deny contains problem("pdb-room", budget, sprintf("wil %v pods houden van %v die er misschien zijn", [least, fewest])) if {
	some budget in of_kind("PodDisruptionBudget")
	least := budget.spec.minAvailable
	some workload in selected(budget.spec.selector)
	fewest := fewest_of(workload)
	least >= fewest
}

# Voor wat uit meer dan één pod bestaat, hoort er een te zijn.
deny contains problem("pdb-missing", workload, "heeft meer pods en geen PodDisruptionBudget") if {
	some workload in workloads
	fewest_of(workload) > 1
	covering := [budget | some budget in of_kind("PodDisruptionBudget"); selects(budget.spec.selector, labels_of(workload))]
	count(covering) == 0
}

deny contains problem("hpa-target", scaler, sprintf("%v/%v is er niet", [target.kind, target.name])) if {
	some scaler in of_kind("HorizontalPodAutoscaler")
	target := scaler.spec.scaleTargetRef
	not named(target.kind, target.name)
}

deny contains problem("hpa-replicas", workload, "heeft een vast aantal, en een HorizontalPodAutoscaler die er een kiest") if {
	some workload in workloads
	count(scalers_of(workload)) > 0
	workload.spec.replicas
}

deny contains problem("hpa-range", scaler, "het kleinste aantal is groter dan het grootste") if {
	some scaler in of_kind("HorizontalPodAutoscaler")
	object.get(scaler.spec, "minReplicas", 1) > scaler.spec.maxReplicas
}

deny contains problem("hpa-container", scaler, sprintf("container %v met een request voor %v is er niet", [metric.container, metric.name])) if {
	some scaler in of_kind("HorizontalPodAutoscaler")
	some workload in workloads
	scaler in scalers_of(workload)
	metric := scaler.spec.metrics[_].containerResource
	not requests(pod_of(workload), metric.container, metric.name)
}

# Zonder HorizontalPodAutoscaler en zonder aantal zou het er stil één zijn.
deny contains problem("replicas", workload, "heeft geen aantal en geen HorizontalPodAutoscaler") if {
	some workload in workloads
	workload.kind != "Job"
	workload.kind != "DaemonSet"
	count(scalers_of(workload)) == 0
	not workload.spec.replicas
}

scalers_of(workload) := [scaler |
	some scaler in of_kind("HorizontalPodAutoscaler")
	scaler.spec.scaleTargetRef.kind == workload.kind
	scaler.spec.scaleTargetRef.name == workload.metadata.name
]

fewest_of(workload) := object.get(scalers_of(workload)[0].spec, "minReplicas", 1) if count(scalers_of(workload)) > 0

fewest_of(workload) := object.get(workload.spec, "replicas", 1) if {
	count(scalers_of(workload)) == 0
	workload.kind != "Job"
}

requests(pod, name, resource) if {
	some container in containers_of(pod)
	container.name == name
	container.resources.requests[resource]
}

deny contains problem("spread", workload, "heeft meer pods en spreidt ze niet") if {
	some workload in workloads
	fewest_of(workload) > 1
	spread := object.get(pod_of(workload), "topologySpreadConstraints", [])
	not spreads_own(spread, workload)
}

spreads_own(spread, workload) if {
	count(spread) > 0
	every constraint in spread {
		selects(object.get(constraint, "labelSelector", {"matchLabels": {"": ""}}), labels_of(workload))
	}
}
