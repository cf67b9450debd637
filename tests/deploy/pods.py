"""The pods of an overlay, as podman can run them."""

from collections.abc import Mapping
from typing import Any

import yaml

from tests.deploy.manifests import Manifest

_PORTS_AND_PROBES = ("ports", "startupProbe", "readinessProbe", "livenessProbe", "lifecycle")
_NOT_OF_PODMAN = ("topologySpreadConstraints", "serviceAccountName", "enableServiceLinks")


def pod_of(workload: Manifest, objects: list[Manifest], secrets: Mapping[str, Mapping[str, str]]) -> str:
    """The pod of a Deployment, StatefulSet or Job as YAML for `podman play kube`, with the ConfigMaps that it mounts.

    What podman 4.3 has not is done another way: `secrets`, by their name, are mounted as ConfigMaps, a sidecar is a
    container like the others, and a claim on storage is a folder that ends with the pod. Probes are left out, for the
    check asks the services itself; and ports, which podman would open on the machine.
    """
    spec = workload["spec"]["template"]["spec"]
    for key in _NOT_OF_PODMAN:
        spec.pop(key, None)
    sidecars = [each for each in spec.get("initContainers", ()) if each.pop("restartPolicy", "") == "Always"]
    spec["initContainers"] = [each for each in spec.get("initContainers", ()) if each not in sidecars]
    spec["containers"] += sidecars
    for container in (*spec["initContainers"], *spec["containers"]):
        for key in _PORTS_AND_PROBES:
            container.pop(key, None)
    spec.setdefault("volumes", []).extend(
        {"name": claim["metadata"]["name"], "emptyDir": {}}
        for claim in workload["spec"].get("volumeClaimTemplates", ())
    )
    wanted = {source["configMapRef"]["name"] for each in spec["containers"] for source in each.get("envFrom", ())}
    mounted: list[Manifest] = []
    for volume in spec["volumes"]:
        if "secret" in volume:
            name = volume.pop("secret")["secretName"]
            volume["configMap"] = {"name": name}
            mounted.append(_configmap(name, secrets[name]))
        elif "configMap" in volume:
            wanted.add(volume["configMap"]["name"])
    mounted += [each for each in objects if each["kind"] == "ConfigMap" and each["metadata"]["name"] in wanted]
    name = workload["metadata"]["name"].replace(".", "-")
    # Containers that only prepare are kept: podman 4.3 may fail to remove one that has just ended.
    metadata = {"name": name, "annotations": {"io.podman.annotations.init.container.type": "always"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    return yaml.safe_dump_all([*mounted, pod])


def _configmap(name: str, data: Mapping[str, Any]) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": dict(data)}
