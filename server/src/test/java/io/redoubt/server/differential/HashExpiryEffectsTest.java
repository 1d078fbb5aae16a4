package io.redoubt.server.differential;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The replication and keyspace events of hash field expiry, which Redis 7.0 does not have. */
final class HashExpiryEffectsTest extends EffectsFixture {

  @Test
  void sendsAbsoluteTimesAndDeletions() {
    propagates("HSET h a 1 b 2 c 3 n 1", "SELECT 0", "HSET h a 1 b 2 c 3 n 1");
    propagates(
        "HPEXPIREAT h " + FAR + " NX FIELDS 2 a z", NEWER + "HPEXPIREAT h " + FAR + " FIELDS 1 a");
    propagates("HEXPIREAT h 33177117420 FIELDS 1 n", NEWER + "HPEXPIREAT h " + FAR + " FIELDS 1 n");
    propagates("HPEXPIREAT h " + FAR + " XX FIELDS 1 b");
    propagates(
        "HINCRBYFLOAT h n 1.5",
        "MULTI",
        "HSET h n 2.5",
        NEWER + "HPEXPIREAT h " + FAR + " FIELDS 1 n",
        "EXEC");
    propagates("HINCRBYFLOAT h b 1.5", "HSET h b 3.5");
    propagates("HPERSIST h FIELDS 2 n b", NEWER + "HPERSIST h FIELDS 2 n b");
    propagates("HPERSIST h FIELDS 2 n b");
    propagates(
        "HPEXPIREAT h " + FAR + " FIELDS 2 b c", NEWER + " HPEXPIREAT h " + FAR + " FIELDS 2 b c");
    propagates("HEXPIRE h 0 FIELDS 3 b z c", "HDEL h b c");
    propagates("HPEXPIREAT h 1 FIELDS 2 a n", "HDEL h a n");
    assertThat(events())
        .containsExactly(
            "hset h",
            "hexpire h",
            "hexpire h",
            "hincrbyfloat h",
            "hincrbyfloat h",
            "hpersist h",
            "hexpire h",
            "hdel h",
            "hdel h",
            "del h");
  }

  @Test
  void deletesDueFieldsBeforeACommand() {
    says("DEBUG SET-ACTIVE-EXPIRE 0");
    says("HSET h a 1 b 2");
    says("HPEXPIRE h 1 FIELDS 1 a");
    awaitAbsence("h");
    replica.next();
    propagates("HSETNX h a 3", "MULTI", "HDEL h a", "HSETNX h a 3", "EXEC");
    assertThat(events()).containsExactly("hset h", "hexpire h", "hexpired h", "hset h");
  }

  @Test
  void sendsDeletionsByActiveExpiry() {
    says("HSET h a 1 b 2");
    says("HPEXPIRE h 1 FIELDS 2 a b");
    List<String> heard = new ArrayList<>();
    while (!heard.contains("HDEL h b")
        || !heard.contains("HDEL h a")) { // bounded by the timeout of the connection
      replica.next().forEach(words -> heard.add(String.join(" ", words)));
    }
    assertThat(events()).containsExactly("hset h", "hexpire h", "hexpired h", "del h");
  }

  private void awaitAbsence(String key) {
    byte[] absent = "$-1\r\n".getBytes(StandardCharsets.US_ASCII);
    byte[] reply;
    do {
      reply = client.call("HGET", key, "a"); // bounded by the timeout of the connection
    } while (!Arrays.equals(reply, absent));
  }
}
