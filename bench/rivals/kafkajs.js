import kafkajs from 'kafkajs'

export function KafkaJS (brokers) {
  return new kafkajs.Kafka({ brokers: brokers.split(','), clientId: 'bench', retry: { retries: 8, initialRetryTime: 100 }, logLevel: kafkajs.logLevel.NOTHING })
}

/** Who else writes to Kafka has acks=all and no doubles, as the gateway does. */
export async function openProducer (brokers) {
  const producer = KafkaJS(brokers).producer({ idempotent: true, allowAutoTopicCreation: false, createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  return producer
}
