import type { CSSProperties } from 'react'
import { type Shape, shapes } from './product-shapes.js'

interface Look {
  shape: Shape
  /** Colours of the product, its shaded side, and the ground. */
  body: string
  shade: string
  ground: string
}

const looks: Record<string, Look> = {
  'first-flush-darjeeling': { shape: 'tin', body: '#d9b24c', shade: '#b98f2c', ground: '#f3e6bf' },
  'smoky-lapsang': { shape: 'tin', body: '#4b4340', shade: '#332d2b', ground: '#e0d3c8' },
  'jade-sencha': { shape: 'tin', body: '#7c9b62', shade: '#5f7d48', ground: '#dfe8d0' },
  'mountain-oolong': { shape: 'tin', body: '#5f8690', shade: '#456871', ground: '#d6e4e6' },
  'evening-rooibos': { shape: 'tin', body: '#b2573b', shade: '#8c4029', ground: '#f1d8cb' },
  'moss-teapot': { shape: 'teapot', body: '#7d8f63', shade: '#617248', ground: '#e3e6d3' },
  'river-kyusu': { shape: 'kyusu', body: '#8a8f94', shade: '#6b7176', ground: '#dfe2e3' },
  'chalk-mug': { shape: 'mug', body: '#f6f2ea', shade: '#d9d1c2', ground: '#dccbb8' },
  'ember-cup': { shape: 'cup', body: '#c9743f', shade: '#8f4a2b', ground: '#f0dcc9' },
  'pair-of-tasting-bowls': { shape: 'bowls', body: '#f4f1ee', shade: '#cfd3d8', ground: '#d3d9e0' },
  'bamboo-whisk': { shape: 'whisk', body: '#d8b878', shade: '#b18f4e', ground: '#e9ead4' },
  'beech-tea-scoop': { shape: 'scoop', body: '#c99b69', shade: '#a37747', ground: '#efe2d0' },
}

const plain: Look = { shape: 'tin', body: '#b9a894', shade: '#94836f', ground: '#ece3d6' }

/** A decorative drawing of the product. */
export function ProductArt({ id }: { id: string }) {
  const { shape, body, shade, ground } = looks[id] ?? plain
  const style = { '--body': body, '--shade': shade, '--ground': ground } as CSSProperties
  return (
    <svg className="art" viewBox="0 0 160 120" style={style} aria-hidden="true">
      <ellipse className="art-shadow" cx="80" cy="98" rx="40" ry="5" />
      {shapes[shape]}
    </svg>
  )
}
