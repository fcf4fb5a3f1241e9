/** The bill of materials: SPDX 2.3 as JSON (https://spdx.github.io/spdx-spec/v2.3/). */
import type { Crate } from "./crates.ts";
import type { Dependency } from "./dependencies.ts";
import { LICENSE, type Machine, NAME, type Source } from "./facts.ts";

const OWN = "SPDXRef-Package";
/** Stands before the names of crates: npm may have something of the same name. */
const CRATE = "crate-";

type Library = Pick<Dependency, "name" | "version" | "license">;

/**
 * Writes it.
 * @param executable The SHA-256 of the executable, in hexadecimal.
 */
export function sbom(
  { version, revision, time, maintainer }: Source,
  machine: Machine,
  executable: string,
  dependencies: readonly Dependency[],
  crates: readonly Crate[],
): string {
  const supplier = `Organization: ${maintainer.replace(/ <(.*)>/, " ($1)")}`;
  const deno = dependencies.find(({ name }) => name === "deno")!;
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
      ...dependencies.map((each) => ({
        ...library("", each),
        copyrightText: copyrightOf(each),
        ...each.integrity && { checksums: [checksum(each.integrity)] },
        externalRefs: [purl(each.purl)],
      })),
      ...crates.map((each) => ({
        ...library(CRATE, each),
        copyrightText: each.copyrights.join("\n") || "NOASSERTION",
        ...each.checksum && { checksums: [{ algorithm: "SHA256", checksumValue: each.checksum }] },
        externalRefs: [purl(`pkg:cargo/${each.name}@${encodeURIComponent(each.version)}`)],
      })),
    ],
    relationships: [
      relationship("SPDXRef-DOCUMENT", "DESCRIBES", OWN),
      ...dependencies.map((each) => relationship(OWN, "CONTAINS", idOf("", each))),
      ...crates.map((each) => relationship(idOf("", deno), "CONTAINS", idOf(CRATE, each))),
    ],
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function library(prefix: string, each: Library) {
  return {
    SPDXID: idOf(prefix, each),
    name: each.name,
    versionInfo: each.version,
    downloadLocation: "NOASSERTION",
    filesAnalyzed: false,
    licenseConcluded: each.license,
    licenseDeclared: each.license,
    primaryPackagePurpose: "LIBRARY",
  };
}

function idOf(prefix: string, { name, version }: Library): string {
  const id = `${name}-${version}`.replaceAll(/[^A-Za-z0-9.-]+/g, "-").replace(/^-/, "");
  return `SPDXRef-${prefix}${id}`;
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
