package io.redoubt.persistence.aof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ManifestTest {

  private static Manifest parse(String text) throws ManifestException {
    return Manifest.parse(text.getBytes(UTF_8));
  }

  private static String text(Manifest manifest) {
    return new String(manifest.format(), UTF_8);
  }

  @Test
  void readsAManifestOfRedis() throws ManifestException {
    String written =
        """
        file appendonly.aof.4.base.rdb seq 4 type b
        file appendonly.aof.3.incr.aof seq 3 type h
        file appendonly.aof.3.base.rdb seq 3 type h
        file appendonly.aof.4.incr.aof seq 4 type i
        file appendonly.aof.5.incr.aof seq 5 type i
        """;
    Manifest manifest = parse(written);
    assertThat(manifest.base())
        .isEqualTo(new AofFile("appendonly.aof.4.base.rdb", 4, AofFileType.BASE));
    assertThat(manifest.incrementals()).extracting(AofFile::sequence).containsExactly(4L, 5L);
    assertThat(manifest.history()).hasSize(2);
    assertThat(manifest.loaded()).hasSize(3);
    assertThat(manifest.lastBaseSequence()).isEqualTo(4);
    assertThat(manifest.lastIncrementalSequence()).isEqualTo(5);
    assertThat(text(manifest)).isEqualTo(written);
  }

  @Test
  void acceptsCommentsAnyOrderAndUnknownFields() throws ManifestException {
    Manifest manifest =
        parse(
            """
            # a comment
              TYPE i  checksum 17 SEQ 7 FiLe "a \\"name\\x41\\""\t
            """);
    assertThat(manifest.incrementals())
        .containsExactly(new AofFile("a \"nameA\"", 7, AofFileType.INCREMENTAL));
  }

  @Test
  void quotesNamesIfNecessary() throws ManifestException {
    for (String name : new String[] {"with space", "tab\t", "quote\"", "it's", "äöü", "a#b"}) {
      Manifest manifest = Manifest.EMPTY.withNextIncremental(name).withNextBase(name, true);
      assertThat(parse(text(manifest))).isEqualTo(manifest);
    }
    assertThat(text(Manifest.takingOver("a b"))).isEqualTo("file \"a b\" seq 1 type b\n");
    assertThat(text(Manifest.takingOver("ab"))).isEqualTo("file ab seq 1 type b\n");
  }

  @Test
  void refusesInvalidManifests() {
    refused("", 0, "Found an empty AOF manifest");
    refused("file a seq 1 type b", 0, "The AOF manifest file contains too long line");
    refused("file a seq 1 type b\n\n", 2, "Invalid AOF manifest file format");
    refused("file a seq 1\n", 1, "Invalid AOF manifest file format");
    refused("file a seq 1 type\n", 1, "Invalid AOF manifest file format");
    refused("file \"a seq 1 type b\n", 1, "Invalid AOF manifest file format");
    refused("file a seq x type b\n", 1, "Invalid AOF manifest file format");
    refused("file a/b seq 1 type b\n", 1, "File can't be a path, just a filename");
    refused("file a seq 1 type z\n", 1, "Unknown AOF file type");
    refused(
        "file a seq 1 type b\nfile b seq 2 type b\n", 2, "Found duplicate base file information");
    refused(
        "file a seq 2 type i\nfile b seq 2 type i\n", 2, "Found a non-monotonic sequence number");
  }

  private static void refused(String text, int line, String message) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOfSatisfying(ManifestException.class, e -> assertThat(e.line()).isEqualTo(line))
        .hasMessage(message);
  }

  @Test
  void reportsTheLine() {
    assertThatThrownBy(() -> parse("# x\nfile a seq 1 type z\n"))
        .isInstanceOfSatisfying(
            ManifestException.class,
            e ->
                assertThat(e.report())
                    .containsExactly(
                        "\n*** FATAL AOF MANIFEST FILE ERROR ***\n",
                        "Reading the manifest file, at line 2\n",
                        ">>> 'file a seq 1 type z'\n",
                        "Unknown AOF file type\n"));
  }

  @Test
  void makesPreviousFilesHistoryOnARewrite() {
    Manifest manifest =
        Manifest.EMPTY
            .withNextBase("x", true)
            .withNextIncremental("x")
            .withNextIncremental("x")
            .withNextBase("x", false)
            .withHistory(1);
    assertThat(text(manifest))
        .isEqualTo(
            """
            file x.2.base.aof seq 2 type b
            file x.1.incr.aof seq 1 type h
            file x.1.base.rdb seq 1 type h
            file x.2.incr.aof seq 2 type i
            """);
    assertThat(manifest.withoutHistory().withHistory(0).withNextIncremental("x").last())
        .as("numbers are not used twice")
        .isEqualTo(new AofFile("x.3.incr.aof", 3, AofFileType.INCREMENTAL));
  }

  @Test
  void doesNotReuseNumbersOfHistoryFiles() throws ManifestException {
    Manifest manifest = parse("file x.1.base.rdb seq 1 type b\nfile x.4.incr.aof seq 4 type h\n");
    assertThat(manifest.withNextIncremental("x").last().name()).isEqualTo("x.5.incr.aof");
    assertThat(manifest.withNextBase("x", true).base().name()).isEqualTo("x.2.base.rdb");
  }

  @Test
  void endsAWordAndALineAtANul() throws Exception {
    Manifest manifest = Manifest.parse("file \"a\\x00b\" seq 1 type i\n".getBytes(UTF_8));
    assertThat(manifest.incrementals()).extracting(AofFile::name).containsExactly("a");
    assertThatThrownBy(() -> Manifest.parse("file a\0 seq 1 type i\n".getBytes(UTF_8)))
        .hasMessage("The AOF manifest file contains too long line");
  }
}
