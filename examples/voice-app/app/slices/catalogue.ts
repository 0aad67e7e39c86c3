import { createEntityAdapter, createSlice } from '@reduxjs/toolkit'
import { type Product, catalogue as products } from '../../server/catalogue.js'

export type Category = Product['category']

/** Categories in the order of the shop's pages. */
export const categories: readonly Category[] = ['Tea', 'Teapots', 'Cups', 'Accessories']

const adapter = createEntityAdapter<Product>()

export const catalogueSlice = createSlice({
  name: 'catalogue',
  initialState: adapter.getInitialState(undefined, products),
  reducers: {},
  selectors: {
    selectProducts: adapter.getSelectors().selectAll,
    selectProduct: (state, id: string): Product | undefined => state.entities[id],
    selectProductEntities: (state) => state.entities,
  },
})

export const { selectProducts, selectProduct, selectProductEntities } = catalogueSlice.selectors
