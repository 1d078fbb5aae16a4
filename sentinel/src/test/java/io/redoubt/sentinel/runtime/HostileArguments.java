package io.redoubt.sentinel.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Utf8;
import java.util.List;
import java.util.Random;

/** Generates random words that a sentinel may receive, valid and hostile. */
public final class HostileArguments {
  private static final List<String> NUMBERS =
      List.of(
          "0",
          "1",
          "2",
          "6379",
          "26379",
          "65535",
          "65536",
          "70000",
          "-1",
          "+7",
          " 7",
          "7 ",
          "",
          "2147483647",
          "2147483648",
          "4294967296",
          "4294973675",
          "9223372036854775806",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775808",
          "1e3",
          "0x10",
          "\u0663",
          "18446744073709551615",
          "NaN");
  private static final List<String> HOSTS =
      List.of(
          "127.0.0.1",
          "10.0.0.1",
          "10.0.0.2",
          "::1",
          "fe80::1%eth0",
          "fe80::1%nowhere",
          "::ffff:1.2.3.4",
          "1:2:3:4:5:6:7:8",
          "1::8",
          "redis-0.svc",
          "a_b.example",
          "localhost");
  private static final List<String> NOT_HOSTS =
      List.of(
          "",
          " ",
          "host name",
          "1.2.3",
          "1.2.3.256",
          "1.2.3.4.5",
          ":::",
          "1:2:3",
          "[::1]",
          "127.1",
          "08.1.2.3",
          "a\"b",
          "a'b",
          "a\nb",
          "a\u0000b",
          "#",
          "\\x",
          "\t",
          "\u00e9",
          "%",
          "fe80::1%");

  private final Random random;

  /** Creates words drawn from {@code random}. */
  public HostileArguments(Random random) {
    this.random = random;
  }

  /** Returns one of the words. */
  public <T> T oneOf(List<T> words) {
    return words.get(random.nextInt(words.size()));
  }

  /** Returns true in one of {@code cases} cases. */
  public boolean oneIn(int cases) {
    return random.nextInt(cases) == 0;
  }

  /** Returns a number, mostly a small one. */
  public String number(int bound) {
    return oneIn(4) ? oneOf(NUMBERS) : Integer.toString(1 + random.nextInt(bound));
  }

  /** Returns a host, mostly a plausible one. */
  public String host() {
    return oneIn(4) ? oneIn(2) ? oneOf(NOT_HOSTS) : text() : oneOf(HOSTS);
  }

  /** Returns an id, mostly one of a few valid ones. */
  public String id() {
    return switch (random.nextInt(8)) {
      case 0 -> text();
      case 1 -> "a\"b'c".repeat(8);
      default -> Integer.toString(random.nextInt(4)).repeat(40);
    };
  }

  /** Returns the name of a master, often of another one. */
  public String name() {
    return oneIn(8) ? text() : oneOf(List.of("mymaster", "MyMaster", "other", "a b", "c\"d", "#e"));
  }

  /** Returns arbitrary bytes. */
  public String text() {
    byte[] bytes = new byte[random.nextInt(12)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] =
          switch (random.nextInt(4)) {
            case 0 -> (byte) random.nextInt();
            case 1 -> " \"'\\\n\r\t\u0000#,:%".getBytes(UTF_8)[random.nextInt(12)];
            default -> (byte) ('a' + random.nextInt(26));
          };
    }
    return Utf8.decode(bytes);
  }

  /** Returns a hello message, mostly valid except for one field. */
  public String hello() {
    String[] fields = {
      oneOf(HOSTS),
      "2637" + random.nextInt(4),
      Integer.toString(random.nextInt(4)).repeat(40),
      Integer.toString(random.nextInt(20)),
      name(),
      oneOf(HOSTS),
      "637" + random.nextInt(4),
      Integer.toString(random.nextInt(20)),
    };
    if (oneIn(2)) {
      int field = random.nextInt(fields.length);
      fields[field] =
          switch (field) {
            case 0, 5 -> host();
            case 2 -> id();
            case 4 -> text();
            default -> number(70_000);
          };
    }
    String payload = String.join(",", fields);
    return switch (random.nextInt(20)) {
      case 0 -> payload.substring(0, random.nextInt(payload.length()));
      case 1 -> payload + "," + text();
      case 2 -> text();
      default -> payload;
    };
  }

  /** Returns the INFO of a node with replicas. */
  public String info() {
    StringBuilder text = new StringBuilder("run_id:" + id() + "\r\nrole:");
    text.append(oneIn(4) ? "slave" : "master").append("\r\nmaster_host:").append(host());
    text.append("\r\nmaster_port:").append(number(70_000));
    text.append("\r\nslave_priority:").append(number(200));
    text.append("\r\nreplica_announced:").append(number(2));
    text.append("\r\nmaster_link_down_since_seconds:").append(number(100)).append("\r\n");
    for (int i = random.nextInt(4); i > 0; i--) {
      text.append("slave").append(i).append(":ip=").append(host()).append(",port=");
      text.append(number(70_000)).append(",state=online,offset=").append(number(9)).append("\r\n");
    }
    return text.toString();
  }
}
