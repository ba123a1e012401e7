"""
Ids of the facts that code speaks of; all other ids are met in the data only.

Each is written here once. A test looks every one up in the facts and in other modules, and finds ids of any kind that
these spell out.
"""

from __future__ import annotations

from .model import CredentialId, DisputeId, EventId, LimitId, MethodId, RoleId, SequenceId

GATEWAY: RoleId = RoleId("cmg")
CONNECTION_POINT: RoleId = RoleId("connection-point")
SERVICE_CONNECTION_POINT: RoleId = RoleId("service-connection-point")
MANAGEMENT_POINT: RoleId = RoleId("management-point")
SOFTWARE_UPDATE_POINT: RoleId = RoleId("software-update-point")
SITE_DATABASE: RoleId = RoleId("site-database")
SITE_SERVER: RoleId = RoleId("site-server")
CLIENT: RoleId = RoleId("client")
CONSOLE: RoleId = RoleId("console")
PROXY: RoleId = RoleId("proxy")
FIREWALL: RoleId = RoleId("perimeter-firewall")
AZURE: RoleId = RoleId("azure")
INSTANCE: RoleId = RoleId("vm-instance")
"""VM instances of the gateway: a site file counts them and names none."""
BLOB_STORAGE: RoleId = RoleId("blob-storage")
TABLE_STORAGE: RoleId = RoleId("table-storage")
LOAD_BALANCER: RoleId = RoleId("load-balancer")
PUBLIC_DNS: RoleId = RoleId("public-dns")
ENTRA: RoleId = RoleId("entra")
REVOCATION_LIST: RoleId = RoleId("crl")
MICROSOFT_REVOCATION_LIST: RoleId = RoleId("microsoft-crl")

CLASSIC: MethodId = MethodId("classic")

BY_CERTIFICATE: CredentialId = CredentialId("certificate")
BY_ENTRA: CredentialId = CredentialId("entra")

MOST_INSTANCES: LimitId = LimitId("vm-instances")
FEWEST_INSTANCES: LimitId = LimitId("vm-instances-min")
INSTANCES_AVAILABLE: LimitId = LimitId("vm-instances-available")
INSTANCES_PER_CONNECTION_POINT: LimitId = LimitId("vms-per-connection-point")
CONNECTION_POINTS_AVAILABLE: LimitId = LimitId("connection-points-available")
CLIENTS_PER_CONNECTION_POINT: LimitId = LimitId("clients-per-connection-point")
CLIENTS_CLASSIC: LimitId = LimitId("clients-per-vm-classic")
CLIENTS_PREVIEW: LimitId = LimitId("clients-per-vm-preview")
CLIENTS_LAB: LimitId = LimitId("clients-per-vm-lab")
CLIENTS_STANDARD: LimitId = LimitId("clients-per-vm-standard")
CLIENTS_LARGE: LimitId = LimitId("clients-per-vm-large")
GATEWAY_IP_VERSION: LimitId = LimitId("gateway-ip-version")
SHORTEST_NAME: LimitId = LimitId("name-min")
LONGEST_NAME: LimitId = LimitId("name-max")
FIRST_DYNAMIC_PORT: LimitId = LimitId("dynamic-port-first")
LAST_DYNAMIC_PORT: LimitId = LimitId("dynamic-port-last")

CONTENT: EventId = EventId("content")
ENHANCED_HTTP: EventId = EventId("enhanced-http")
PLAIN_HTTP_REMOVED: EventId = EventId("plain-http-removed")
SCALE_SET: EventId = EventId("scale-set")

DATA_FLOW: SequenceId = SequenceId("data-flow")
CONTENT_DOWNLOAD: SequenceId = SequenceId("content-download")
CONTENT_UPLOAD: SequenceId = SequenceId("content-upload")

CLASSIC_FALLBACK: DisputeId = DisputeId("classic-fallback")
