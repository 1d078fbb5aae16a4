package io.redoubt.protocol.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.session.TestProcess.Peer;
import java.io.IOException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tests the filters of CLIENT LIST and CLIENT KILL with three clients, of which client 3
 * subscribes.
 */
final class ClientFilterTest {
  private static final Pattern ID = Pattern.compile("\\bid=(\\d+) ");

  private TestProcess process;
  private Peer first;
  private Peer second;
  private Peer third;

  @BeforeEach
  void connect() throws IOException {
    process = new TestProcess();
    first = process.connect();
    assertThat(first.ask("CLIENT ID")).isEqualTo(":1");
    second = process.connect();
    assertThat(second.ask("CLIENT SETNAME second")).isEqualTo("+OK");
    assertThat(second.ask("CLIENT SETINFO LIB-NAME lib")).isEqualTo("+OK");
    assertThat(second.ask("CLIENT SETINFO LIB-VER 1.2")).isEqualTo("+OK");
    third = process.connect();
    third.ask("SUBSCRIBE c");
  }

  @AfterEach
  void close() throws IOException {
    first.close();
    second.close();
    third.close();
    process.close();
  }

  private String listed(String filters) throws IOException {
    String reply = first.ask("CLIENT LIST " + filters);
    assertThat(reply).as(filters).startsWith("$");
    return ID.matcher(reply)
        .results()
        .map(id -> id.group(1))
        .sorted()
        .collect(Collectors.joining());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          ID 2 9; 2
          ID 3 2 SKIPME no; 23
          ID 3 1 SKIPME yes; 3
          NOT-ID 1 3; 2
          ID 1 2 NOT-ID 2; 1
          TYPE pubsub; 3
          NOT-TYPE pubsub; 12
          TYPE normal NAME second; 2
          USER default; 123
          NOT-USER default; ''
          NAME second; 2
          name SECOND; ''
          NOT-NAME second; 13
          NAME ''; 13
          LIB-NAME lib; 2
          NOT-LIB-NAME lib; 13
          LIB-VER 1.2; 2
          NOT-LIB-VER 1.2; 13
          FLAGS P; 3
          FLAGS N; 12
          NOT-FLAGS P; 12
          FLAGS PN; ''
          NOT-FLAGS PN; 123
          DB 0; 123
          DB 1; ''
          NOT-DB 0; ''
          IP 127.0.0.1; 123
          NOT-IP 127.0.0.1; ''
          IP 127.0.0.2; ''
          CAPA r; ''
          NOT-CAPA r; 123
          SKIPME yes; 23
          SKIPME no; 123
          MAXAGE 1000; ''
          MAXAGE 9223372036854775807; ''
          IDLE 1000; ''
          NAME third NAME second; 2
          """)
  void lists(String filters, String ids) throws IOException {
    assertThat(listed(filters)).isEqualTo(ids);
  }

  @Test
  void listsByAddress() throws IOException {
    String address = "127.0.0.1:" + second.socket.getLocalPort();
    assertThat(listed("ADDR " + address)).isEqualTo("2");
    assertThat(listed("NOT-ADDR " + address)).isEqualTo("13");
    String local = "127.0.0.1:" + second.socket.getPort();
    assertThat(listed("LADDR " + local)).isEqualTo("123");
    assertThat(listed("NOT-LADDR " + local)).isEmpty();
  }

  @Test
  void keepsTheOrderOfIds() throws IOException {
    String reply = first.ask("CLIENT LIST ID 3 1 3");
    assertThat(ID.matcher(reply).results().map(id -> id.group(1))).containsExactly("3", "1", "3");
  }

  @Test
  void kills() throws IOException {
    assertThat(first.ask("CLIENT KILL NOT-ID 2 3 SKIPME yes")).isEqualTo(":0");
    assertThat(first.ask("CLIENT KILL ID 1 2 TYPE pubsub")).isEqualTo(":0");
    assertThat(first.ask("CLIENT KILL NAME second LIB-VER 1.2")).isEqualTo(":1");
    assertThat(second.isClosed()).isTrue();
    assertThat(first.ask("CLIENT KILL NOT-FLAGS N")).isEqualTo(":1");
    assertThat(third.isClosed()).isTrue();
    assertThat(first.ask("CLIENT KILL ID 1 2 3 SKIPME no")).isEqualTo(":1");
    assertThat(first.isClosed()).isTrue();
  }
}
