/** The bill of materials: SPDX 2.3 as JSON (https://spdx.github.io/spdx-spec/v2.3/). */
import type { Dependency } from "./dependencies.ts";
import { LICENSE, type Machine, NAME, type Source } from "./facts.ts";

const OWN = "SPDXRef-Package";

/**
 * Writes it.
 * @param executable The SHA-256 of the executable, in hexadecimal.
 */
export function sbom(
  { version, revision, time, maintainer }: Source,
  machine: Machine,
  executable: string,
  dependencies: readonly Dependency[],
): string {
  const ids = dependencies.map(({ name, version }) =>
    `SPDXRef-${`${name}-${version}`.replaceAll(/[^A-Za-z0-9.-]+/g, "-").replace(/^-/, "")}`
  );
  const supplier = `Organization: ${maintainer.replace(/ <(.*)>/, " ($1)")}`;
  const document = {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: `${NAME}-${version}-${machine}`,
    documentNamespace: `https://spdx.org/spdxdocs/${NAME}-${version}-${machine}-${executable}`,
    creationInfo: {
      created: new Date(time * 1000).toISOString().replace(".000", ""),
      creators: [supplier, `Tool: ${NAME}-package`],
    },
    packages: [
      {
        SPDXID: OWN,
        name: NAME,
        versionInfo: version,
        sourceInfo: `built from the commit ${revision}`,
        supplier,
        downloadLocation: "NOASSERTION",
        filesAnalyzed: false,
        licenseConcluded: LICENSE,
        licenseDeclared: LICENSE,
        copyrightText: "NOASSERTION",
        primaryPackagePurpose: "APPLICATION",
        checksums: [{ algorithm: "SHA256", checksumValue: executable }],
        externalRefs: [purl(`pkg:generic/${NAME}@${encodeURIComponent(version)}`)],
      },
      ...dependencies.map((each, index) => ({
        SPDXID: ids[index],
        name: each.name,
        versionInfo: each.version,
        downloadLocation: "NOASSERTION",
        filesAnalyzed: false,
        licenseConcluded: each.license,
        licenseDeclared: each.license,
        copyrightText: copyrightOf(each),
        primaryPackagePurpose: "LIBRARY",
        ...each.integrity && { checksums: [checksum(each.integrity)] },
        externalRefs: [purl(each.purl)],
      })),
    ],
    relationships: [
      relationship("SPDXRef-DOCUMENT", "DESCRIBES", OWN),
      ...ids.map((id) => relationship(OWN, "CONTAINS", id)),
    ],
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function purl(locator: string) {
  return {
    referenceCategory: "PACKAGE-MANAGER",
    referenceType: "purl",
    referenceLocator: locator,
  };
}

/** npm's `sha512-` and base64, as SPDX has it. */
function checksum(integrity: string) {
  const [, base64] = /^sha512-(.+)$/.exec(integrity)!;
  return { algorithm: "SHA512", checksumValue: Uint8Array.fromBase64(base64).toHex() };
}

function copyrightOf({ text }: Dependency): string {
  const lines = text.match(/^[^\w\n]*copyright (\(c\)|©|\d).*$/gim) ?? [];
  return lines.map((line) => line.trim()).join("\n") || "NOASSERTION";
}

function relationship(from: string, type: string, to: string) {
  return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to };
}
