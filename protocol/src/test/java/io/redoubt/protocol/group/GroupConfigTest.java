package io.redoubt.protocol.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tests the configuration of a group and its forms as text. */
class GroupConfigTest {
  private static final String A = "a".repeat(40);
  private static final String B = "b".repeat(40);
  private static final String C = "c".repeat(40);

  private static final GroupConfig THREE = new GroupConfig(3, 2, 1, A, List.of(A, B, C));

  @Test
  void isReadAsItIsWritten() {
    assertThat(GroupConfig.parse(THREE.format())).isEqualTo(THREE);
    for (GroupChain chain :
        List.of(
            GroupChain.EMPTY,
            new GroupChain(THREE, List.of()),
            GroupChain.EMPTY.proposed(THREE),
            new GroupChain(THREE, List.of(THREE.changed(2, List.of(A, B)))))) {
      assertThat(GroupChain.parse(chain.format())).isEqualTo(chain);
      FenceAnswer answer = new FenceAnswer(B, 77, true, chain);
      assertThat(FenceAnswer.parse(answer.format())).isEqualTo(answer);
    }
  }

  @Test
  void refusesWhatIsDamaged() {
    String good = THREE.format();
    assertThat(GroupConfig.parse("")).isNull();
    assertThat(GroupConfig.parse(good + "/" + A)).as("a member twice").isNull();
    assertThat(GroupConfig.parse(good.replace("3,2,1", "3,2,-1"))).isNull();
    assertThat(GroupConfig.parse(good.replace("3,2,1," + A, "3,2,1," + "d".repeat(40)))).isNull();
    assertThat(GroupConfig.parse(good.substring(1, good.length() - 1))).isNull();
    assertThat(GroupChain.parse(good + ";")).isNull();
    assertThat(FenceAnswer.parse("fenced " + A + " x 1 -")).isNull();
    assertThat(FenceAnswer.parse("OK")).isNull();
  }

  @Test
  void limitsTheNumberOfMembers() {
    List<String> members =
        IntStream.range(0, GroupConfig.MAX_MEMBERS).mapToObj("%040x"::formatted).toList();
    GroupConfig largest = new GroupConfig(1, 1, 1, members.getFirst(), members);
    assertThat(GroupConfig.parse(largest.format())).isEqualTo(largest);
    assertThat(GroupConfig.parse(largest.format() + "/" + A)).isNull();
    assertThat(GroupConfig.parse(largest.format() + ("/" + A).repeat(20_000))).isNull();
  }

  /** The copies of a write and the voters of an election intersect for all sizes. */
  @Test
  void anElectionHearsOneThatHasAnyAcknowledgedWrite() {
    for (int size = 2; size < 10; size++) {
      List<String> members =
          IntStream.range(0, size).mapToObj(i -> Integer.toString(i).repeat(40)).toList();
      for (int acks = 1; acks < 12; acks++) {
        GroupConfig config = new GroupConfig(1, 1, acks, members.getFirst(), members);
        int copies = config.copiesToCommit() + 1;
        assertThat(copies + config.answersToElect()).isGreaterThan(size);
        if (acks <= config.others()) {
          assertThat(copies).isEqualTo(acks + 1);
          assertThat(config.answersToElect())
              .as("possible without the master")
              .isLessThanOrEqualTo(config.others());
        }
      }
    }
  }

  @Test
  void countsOthersThanTheMaster() {
    assertThat(THREE.has(A)).isTrue();
    assertThat(THREE.has("d".repeat(40))).isFalse();
    assertThat(THREE.others()).isEqualTo(2);
    assertThat(GroupConfig.majorityOf(3)).isEqualTo(1);
    assertThat(GroupConfig.majorityOf(5)).isEqualTo(2);
    assertThat(GroupConfig.majorityOf(2)).isEqualTo(1);
  }

  @Test
  void ordersByTermFirst() {
    GroupConfig later = new GroupConfig(4, 1, 1, B, THREE.members());
    assertThat(later).isGreaterThan(THREE);
    assertThat(THREE.changed(1, List.of(A, B))).isGreaterThan(THREE).isLessThan(later);
    GroupChain chain = new GroupChain(THREE, List.of()).proposed(later);
    assertThat(chain.newest()).isEqualTo(later);
    assertThat(chain.all()).containsExactly(THREE, later);
    assertThat(Objects.requireNonNull(chain.settled().committed())).isEqualTo(later);
    assertThat(new FenceAnswer(A, 1, true, GroupChain.EMPTY).term()).isEqualTo(-1);
    assertThat(new FenceAnswer(A, 1, true, chain).term()).isEqualTo(4);
  }
}
