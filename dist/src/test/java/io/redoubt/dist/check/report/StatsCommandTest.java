package io.redoubt.dist.check.report;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.Strictness;
import io.redoubt.persistence.rdb.BlockOutput;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.process.Clock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

/** Tests the options of reports, their formats, and what hostile names of keys do to them. */
class StatsCommandTest {

  /** Names in ISO-8859-1 that would run, break out or mislead, each in some format. */
  private static final List<String> HOSTILE =
      List.of(
          "<script>alert(1)</script>",
          "</style><img src=x onerror=alert(1)>",
          "\"><svg/onload=alert(1)>'",
          "&lt;b&gt;&amp;",
          "=cmd|' /C calc'!A0",
          "+1+cmd",
          "-2+3",
          "@SUM(A1)",
          "\t=1",
          "line\nbreak\r\n,comma;\"quote\"",
          "\u001b[2J\u0007\u0000bell",
          "\u00ff\u00fe\u0080",
          utf8("\u202egpj.exe"),
          utf8("\u2028\u2029\ufeff\u200b"),
          utf8("Größe 数据 🗝"),
          "\\x41\\",
          " ",
          "");

  private static final List<String> FORMATS = List.of("text", "json", "csv", "html", "info");

  private final Gson gson = new GsonBuilder().setStrictness(Strictness.STRICT).create();
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
  @TempDir Path folder;

  private static String utf8(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  private static byte[] rdb(List<String> names) {
    BufferMemory buffers = BufferMemory.offHeap();
    try (BlockOutput out = new BlockOutput(buffers);
        RdbWriter writer = new RdbWriter(out, true, buffers)) {
      writer.begin();
      writer.aux("redis-ver", "<b>7.2.4");
      writer.selectDb(0);
      for (String name : names) {
        MemorySegment bytes = MemorySegment.ofArray(name.getBytes(ISO_8859_1));
        RdbKey key = new RdbKey().at(bytes, 0, name.length());
        writer.string(key, bytes, 0, name.length());
      }
      writer.end();
      return out.memory().asSlice(out.offset(), out.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private Path file(String... names) throws IOException {
    return Files.write(folder.resolve("dump.rdb"), rdb(List.of(names)));
  }

  private int status(ByteArrayOutputStream output, Object... words) {
    errors.reset();
    StatsCommand command =
        new StatsCommand(
            new PrintStream(output, true, UTF_8),
            new PrintStream(errors, true, UTF_8),
            Clock.system(),
            false);
    return command.run(Arrays.stream(words).map(String::valueOf).toArray(String[]::new));
  }

  private String report(Object... words) {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    assertThat(status(output, words)).as(errors.toString(UTF_8)).isZero();
    assertThat(errors.size()).isZero();
    return output.toString(UTF_8);
  }

  /** Asserts that options are refused with a message, and nothing else is printed. */
  private void refused(String message, Object... words) {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    assertThat(status(output, words)).isEqualTo(1);
    assertThat(output.size()).isZero();
    assertThat(errors.toString(UTF_8)).isEqualTo("redis-check-rdb: " + message + "\n");
  }

  private JsonObject json(Object... words) {
    List<Object> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--stats", "--format", "json"));
    return gson.fromJson(report(all.toArray()), JsonObject.class);
  }

  @Test
  void refusesInvalidOptions() throws IOException {
    Path file = file("k");
    refused("No file is given", "--stats");
    refused("Empty file name", "--stats", "");
    refused("More than one file: 'a' and 'b'", "a", "--stats", "b");
    refused("Unknown option '--fix-to' of --stats", "--stats", "--fix-to", "a", "b");
    refused("The option '--format' needs an argument", "--stats", file, "--format");
    refused("The option '--output' needs an argument", "--stats", file, "--output");
    refused(
        "Unknown format 'xml': one of text, json, csv, html, info",
        "--stats",
        "--format",
        "xml",
        file);
    for (String number : List.of("0", "1001", "-1", "x", "", "99999999999")) {
      refused(
          "Invalid --top '" + number + "': a number from 1 to 1000",
          "--stats",
          "--top",
          number,
          file);
    }
    refused(
        "Invalid --prefix-depth '9': a number from 1 to 8", "--stats", "--prefix-depth", 9, file);
    for (String delimiters : List.of("", "\n", "é", "0", ":".repeat(17))) {
      refused(
          "Invalid delimiters: 1 to 16 printable ASCII characters other than digits",
          "--stats",
          "--delimiters",
          delimiters,
          file);
    }
  }

  @Test
  void namesAFileThatCannotBeRead() throws IOException {
    Path missing = folder.resolve("missing\u001b.rdb");
    refused(
        "Can't read '" + folder + "/missing\\x1b.rdb': No such file or directory",
        "--stats",
        missing);
    refused(folder + " is a directory with no manifest of an append-only file", "--stats", folder);
    Path commands = Files.writeString(folder.resolve("a.aof"), "*1\r\n$4\r\nPING\r\n");
    refused(
        commands + " is an append-only file without RDB preamble: there is nothing to report",
        "--stats",
        commands);
  }

  @Test
  void writesANewFileOnly() throws IOException {
    Path file = file("k");
    Path output = folder.resolve("report.html");
    assertThat(report("--stats", file, "--output", output, "--format", "html")).isEmpty();
    assertThat(output).content(UTF_8).startsWith("<!doctype html>").endsWith("</html>\n");
    refused("Can't write to '" + output + "': it exists", "--stats", file, "--output", output);
    refused("Can't write to '" + file + "': it exists", "--stats", file, "--output", file);
    assertThat(json(file).get("keys").getAsInt()).isEqualTo(1);
    Path nowhere = folder.resolve("nowhere/report");
    refused(
        "Can't write to '" + nowhere + "': No such file or directory",
        "--stats",
        file,
        "--output",
        nowhere);
    Path unused = folder.resolve("unused");
    refused(
        "Can't read '" + folder + "/missing': No such file or directory",
        "--stats",
        folder.resolve("missing"),
        "--output",
        unused);
    assertThat(unused).doesNotExist();
  }

  @Test
  void readsTheBaseOfAnAppendOnlyDirectory() throws IOException {
    Path directory = Files.createDirectory(folder.resolve("appendonlydir"));
    Files.write(directory.resolve("a.aof.1.base.rdb"), rdb(List.of("x", "y")));
    Path manifest = directory.resolve("a.aof.manifest");
    Files.writeString(
        manifest, "file a.aof.1.base.rdb seq 1 type b\nfile a.aof.1.incr.aof seq 1 type i\n");
    for (Path given : List.of(directory, manifest)) {
      JsonObject report = json(given);
      assertThat(report.get("keys").getAsInt()).isEqualTo(2);
      assertThat(report.get("incremental_files").getAsInt()).isEqualTo(1);
    }
    Files.writeString(manifest, "file a.aof.1.incr.aof seq 1 type i\n");
    refused("The manifest " + manifest + " has no base file", "--stats", directory);
    Files.writeString(manifest, "file ../../etc/passwd seq 1 type b\n");
    assertThat(status(new ByteArrayOutputStream(), "--stats", directory)).isEqualTo(1);
    assertThat(errors.toString(UTF_8)).contains("Invalid manifest");
    Files.writeString(directory.resolve("b.manifest"), "");
    refused(
        directory + " is a directory with several manifests of an append-only file",
        "--stats",
        directory);
  }

  @Test
  void jsonHasTheExactNames() throws IOException {
    JsonObject report =
        json(file(HOSTILE.toArray(String[]::new)), "--delimiters", "<=", "--top", 100);
    assertThat(report.get("complete").getAsBoolean()).isTrue();
    assertThat(report.get("keys").getAsInt()).isEqualTo(HOSTILE.size());
    assertThat(report.getAsJsonObject("aux").get("redis-ver").getAsString()).isEqualTo("<b>7.2.4");
    List<String> names = new ArrayList<>();
    for (JsonElement row : report.getAsJsonArray("largest")) {
      JsonElement bytes = row.getAsJsonObject().get("key_base64");
      names.add(
          bytes == null
              ? utf8(row.getAsJsonObject().get("key").getAsString())
              : new String(Base64.getDecoder().decode(bytes.getAsString()), ISO_8859_1));
    }
    assertThat(names).containsExactlyInAnyOrderElementsOf(HOSTILE);
  }

  @Test
  void csvHasNoFormulas() throws IOException {
    String csv =
        report(
            "--stats",
            file(HOSTILE.toArray(String[]::new)),
            "--format",
            "csv",
            "--top",
            "100",
            "--delimiters",
            "=+-@<");
    List<List<String>> lines = csv(csv);
    int columns = lines.getFirst().size();
    assertThat(lines).allMatch(line -> line.size() == columns);
    for (List<String> line : lines) {
      for (String cell : line) {
        assertThat(cell).doesNotContainPattern("^\\s*[=+@-]").doesNotContainPattern("\\p{Cntrl}");
      }
    }
    int key = lines.getFirst().indexOf("key");
    assertThat(lines).extracting(line -> line.get(key)).contains("'=cmd|' /C calc'!A0", "'+1+cmd");
  }

  /** Splits values as RFC 4180 defines them. */
  private static List<List<String>> csv(String text) {
    List<List<String>> lines = new ArrayList<>();
    List<String> line = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted && c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"') {
        cell.append('"');
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && (c == ',' || c == '\r')) {
        line.add(cell.toString());
        cell.setLength(0);
        if (c == '\r') {
          lines.add(line);
          line = new ArrayList<>();
          i++;
        }
      } else {
        cell.append(c);
      }
    }
    assertThat(quoted).isFalse();
    assertThat(cell).isEmpty();
    return lines;
  }

  @Test
  void htmlIsWellFormedAndHasNoMarkupOfNames() throws Exception {
    String html =
        report(
            "--stats",
            file(HOSTILE.toArray(String[]::new)),
            "--format",
            "html",
            "--delimiters",
            "<>\"");
    assertThat(html)
        .contains("Content-Security-Policy\" content=\"default-src 'none'")
        .contains("&lt;script&gt;alert(1)&lt;/script&gt;")
        .contains("\\u{202e}gpj.exe")
        .contains("Größe 数据 🗝")
        .doesNotContain("<script", "<img", "onload=alert(1)>'<", "http://", "https://", "url(");
    // With its empty elements closed, the page is XML, so nothing has left its place.
    String xml = html.replace("<!doctype html>", "").replaceAll("<(meta|br)\\b([^>]*)>", "<$1$2/>");
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(xml)));
    assertThat(document.getElementsByTagName("script").getLength()).isZero();
    assertThat(document.getElementsByTagName("img").getLength()).isZero();
    assertThat(document.getElementsByTagName("h2").getLength()).isGreaterThan(5);
  }

  @Test
  void noFormatPrintsControlCharacters() throws IOException {
    Path file = file(HOSTILE.toArray(String[]::new));
    for (String format : FORMATS) {
      String report = report("--stats", file, "--format", format);
      assertThat(report.replace("\n", "").replace("\r", ""))
          .as(format)
          .doesNotContainPattern("[\\p{Cntrl}\\u202e\\u2028\\u2029\\ufeff\\u200b]");
    }
  }

  @Test
  void damagedFilesAreReportedAndRefused() throws IOException {
    byte[] whole = rdb(List.of("first", "second<b>"));
    for (int length = 0; length < whole.length; length++) {
      Path file = Files.write(folder.resolve("cut.rdb"), Arrays.copyOf(whole, length));
      for (String format : FORMATS) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        assertThat(status(output, "--stats", file, "--format", format)).isEqualTo(1);
        assertThat(errors.toString(UTF_8))
            .matches("redis-check-rdb: Error at offset \\d+: (Short read|A string reaches).*\n");
        assertThat(output.toString(UTF_8)).containsPattern("Short read|A string reaches");
        if (format.equals("json")) {
          JsonObject report = gson.fromJson(output.toString(UTF_8), JsonObject.class);
          assertThat(report.get("complete").getAsBoolean()).isFalse();
          assertThat(report.get("error_offset").getAsLong()).isLessThanOrEqualTo(length);
        }
      }
    }
    Path output = folder.resolve("damaged.json");
    Path file = folder.resolve("cut.rdb");
    assertThat(
            status(
                new ByteArrayOutputStream(),
                "--stats",
                file,
                "--format",
                "json",
                "--output",
                output))
        .isEqualTo(1);
    assertThat(output).content(UTF_8).contains("\"complete\": false", "\"keys\": 2");
  }

  @Test
  void longNamesAreCut() throws IOException {
    JsonArray largest = json(file("k".repeat(5000))).getAsJsonArray("largest");
    JsonObject key = largest.get(0).getAsJsonObject();
    assertThat(key.get("key").getAsString()).isEqualTo("k".repeat(256));
    assertThat(key.get("key_length").getAsInt()).isEqualTo(5000);
    assertThat(report("--stats", folder.resolve("dump.rdb"))).contains("kkk… (5,000 bytes)");
  }

  @Test
  void infoHasTheLinesOfValkey() throws IOException {
    assertThat(report("--stats", file("ab", "abcd"), "--format", "info"))
        .isEqualTo(
            """
            [info] 2 keys read
            [info] 0 expires
            [info] 0 already expired
            [info] 0 functions
            [info] db.0.type.string.keys.total:2
            [info] db.0.type.string.expire_keys.total:0
            [info] db.0.type.string.already_expired.total:0
            [info] db.0.type.string.keys.size:6
            [info] db.0.type.string.keys.value_size:6
            [info] db.0.type.string.elements.total:2
            [info] db.0.type.string.elements.size:6
            [info] db.0.type.string.elements.num.max:1
            [info] db.0.type.string.elements.num.avg:1.00
            [info] db.0.type.string.elements.num.p99:1.00
            [info] db.0.type.string.elements.num.p90:1.00
            [info] db.0.type.string.elements.num.p50:1.00
            [info] db.0.type.string.elements.size.max:4
            [info] db.0.type.string.elements.size.avg:3.00
            [info] db.0.type.string.elements.size.p99:4.00
            [info] db.0.type.string.elements.size.p90:4.00
            [info] db.0.type.string.elements.size.p50:2.00
            """);
  }

  @Test
  void anEmptyFileHasAReport() throws IOException {
    for (String format : FORMATS) {
      assertThat(report("--stats", file(), "--format", format)).isNotEmpty();
    }
  }
}
