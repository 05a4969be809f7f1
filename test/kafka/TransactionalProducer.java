import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The Java client's transactional producer, told what to do by lines on its input and answering each with a line.
 * No tool that comes with Kafka writes given keys in transactions that can be aborted or left open.
 */
public class TransactionalProducer {
  public static void main (String[] args) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("transactional.id", args[1]);
    settings.put("compression.type", args[2]);
    StringSerializer strings = new StringSerializer();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings, strings, strings)) {
      producer.initTransactions();
      System.out.println("ready");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        System.out.println(run(producer, line.split("\t", -1)));
      }
    }
  }

  private static String run (KafkaProducer<String, String> producer, String[] words) throws Exception {
    switch (words[0]) {
      case "begin" -> producer.beginTransaction();
      case "commit" -> producer.commitTransaction();
      case "abort" -> producer.abortTransaction();
      case "send" -> producer.send(new ProducerRecord<>(words[1], words[2], words[3]));
      case "flush" -> producer.flush();
      default -> throw new IllegalArgumentException(words[0]);
    }
    return "ok";
  }
}
