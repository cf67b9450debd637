# Decisions get an id and are not logged; see config.yaml.
package system.log

drop := true
